"""A real Chromium, headless, with a WAV as its microphone, and the page as a caller sees it."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from playwright.sync_api import Browser, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
MICROPHONE_HZ = 48_000
MICROPHONE_DB = -12.0
"""Below the recordings' own level: the browser's gain control lifts it as it lifts a real microphone."""


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def browser(playwright: Playwright, microphone: Path | None = None) -> Iterator[Browser]:
    """Chromium. With `microphone` each page hears that WAV once, from when it asks; else there is none."""
    given = (
        ()
        if microphone is None
        else (
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop",
        )
    )
    opened = playwright.chromium.launch(
        executable_path=executable(), headless=True, args=[*ARGUMENTS, *given]
    )
    try:
        yield opened
    finally:
        opened.close()


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
    """The page, when it has been told what it may call. What its scripts threw fails the test at its end."""
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
    page.thrown = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.thrown.append(str(error)))  # type: ignore[attr-defined]
    page.goto(f"http://127.0.0.1:{port}{path}")
    return page


def in_phase(page: Page, phase: str, timeout_s: float = 20) -> None:
    """Waits for idle, connecting, live or ended."""
    page.wait_for_selector(f"#telephone[data-phase={phase}]", timeout=timeout_s * 1000)


def saved(page: Page, path: Path) -> np.ndarray:
    """The call's recording as the page saves it: (samples, 2), caller and agent, 16 bits, 8 kHz."""
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(path)
    pcm, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == 8000 and pcm.shape[1] == 2
    return pcm
