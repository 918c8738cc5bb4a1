"""A real Chromium, headless: the one that is installed, driven by Playwright."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

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
FIRST_SOUND = "performance.getEntriesByName('ringdown: call to first sound').at(-1)?.duration"


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def browser(playwright: Playwright, microphone: Path | None = None) -> Iterator[Browser]:
    """Chromium. With `microphone` each page hears that WAV once, from when it asks; else there is none."""
    given: tuple[str, ...] = ()
    if microphone is not None:
        given = (
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop",
        )
    opened = playwright.chromium.launch(
        executable_path=executable(), headless=True, args=[*ARGUMENTS, *given]
    )
    try:
        yield opened
    finally:
        opened.close()


def in_phase(page: Page, phase: str, timeout_s: float = 20) -> None:
    """Waits until the page's telephone is idle, connecting, live or ended."""
    page.wait_for_selector(f"#telephone[data-phase={phase}]", timeout=timeout_s * 1000)


def save(page: Page, path: Path) -> Path:
    """The last call's recording, as the page saves it."""
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(path)
    return path
