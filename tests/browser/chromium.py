"""The page as a caller sees it, and what a microphone gives."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from playwright.sync_api import Browser, Page

from bench.chromium import save

MICROPHONE_HZ = 48_000
MICROPHONE_DB = -12.0
"""Below the recordings' own level: the browser's gain control lifts it as it lifts a real microphone."""


def microphone(path: Path, *parts: Path | float) -> Path:
    """A WAV of recordings and pauses in seconds, as a microphone would give it."""
    sounds = []
    for part in parts:
        if isinstance(part, Path):
            pcm, rate_hz = soundfile.read(part, dtype="float64")
            sounds.append(soxr.resample(pcm, rate_hz, MICROPHONE_HZ) * 10 ** (MICROPHONE_DB / 20))
        else:
            sounds.append(np.zeros(round(part * MICROPHONE_HZ)))
    soundfile.write(path, np.concatenate(sounds), MICROPHONE_HZ, subtype="PCM_16")
    return path


def open_page(browser: Browser, port: int, path: str = "/", **context: Any) -> Page:
    """The page. `page.thrown` gets what its scripts throw."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
    page.thrown = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.thrown.append(str(error)))  # type: ignore[attr-defined]
    page.goto(f"http://127.0.0.1:{port}{path}")
    return page


def type_zip(page: Page) -> None:
    """Answers the question for the zip code of order 12345, by keyboard."""
    page.wait_for_selector(".sentence >> text=zip code", timeout=60_000)
    for key in "19901#":
        page.keyboard.press(key)


def saved(page: Page, path: Path) -> np.ndarray:
    """The call's recording as the page saves it: (samples, 2), caller and agent, 16 bits, 8 kHz."""
    pcm, rate_hz = soundfile.read(save(page, path), dtype="int16")
    assert rate_hz == 8000 and pcm.shape[1] == 2
    return pcm
