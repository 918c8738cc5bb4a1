"""One file from an address to a path: resumed where it stopped, whole or not there at all."""

import os
import shutil
import ssl
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from agent.models.errors import PullError
from agent.models.progress import Progress
from agent.models.verify import BLOCK_BYTES, sha256_of

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 4
"""Connections for one file; each goes on where the last one broke."""

TIMEOUT_S = 30.0


def part_of(path: Path) -> Path:
    """Where `path` grows until it is whole."""
    return path.with_name(path.name + ".part")


def settle(part: Path, path: Path) -> None:
    """Makes `part` be `path` at once and for good: on the disk first, then by its name."""
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def fetch(url: str, path: Path, sha256: str, progress: Progress) -> None:
    """`url` (http, https, file) into `path`, going on from a `.part` that lies there.

    A `.part` that turns out wrong is thrown away and fetched once more from its start.
    Raises `PullError` when the address doesn't answer or what it gives has another hash.
    """
    part = part_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        resumed = part.exists() and part.stat().st_size > 0
        _grow(url, part, progress, path.name)
        if sha256_of(part) == sha256:
            settle(part, path)
            return
        part.unlink()
        if not resumed:
            break
        progress.note(f"What was left of {path.name} was wrong: it is fetched again from its start.")
    raise PullError(f"{path.name} came with a wrong sha256")


def _grow(url: str, part: Path, progress: Progress, label: str) -> None:
    """Adds to `part` until the source has no more."""
    if urllib.parse.urlsplit(url).scheme == "file":
        _grow_from_disk(url, part, progress, label)
    else:
        _grow_from_web(url, part, progress, label)


def _grow_from_disk(url: str, part: Path, progress: Progress, label: str) -> None:
    source = Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    try:
        total = source.stat().st_size
        start = part.stat().st_size if part.exists() else 0
        bar = progress.bar(label, total)
        with source.open("rb") as stream, part.open("r+b" if start and start <= total else "wb") as out:
            stream.seek(out.seek(start if start <= total else 0))
            while block := stream.read(BLOCK_BYTES):
                out.write(block)
                bar.at(out.tell())
    except OSError as error:
        raise PullError(f"{source}: {error.strerror}") from None


def _grow_from_web(url: str, part: Path, progress: Progress, label: str) -> None:
    import httpx

    bar = progress.bar(label, None)
    reason = "it broke off"
    with httpx.Client(verify=_trust(), follow_redirects=True, timeout=TIMEOUT_S) as client:
        for _ in range(ATTEMPTS):
            before = part.stat().st_size if part.exists() else 0
            try:
                with client.stream("GET", url, headers=_range(before)) as response:
                    if _take(response, part, before, bar.at):
                        return
            except httpx.HTTPStatusError as error:
                code = error.response.status_code
                if code < 500:
                    raise PullError(f"the address answered {code}") from None
                reason = f"the address answered {code}"
            except httpx.HTTPError as error:
                reason = type(error).__name__
    raise PullError(f"the download failed {ATTEMPTS} times ({reason})")


def _range(start: int) -> dict[str, str]:
    """Identity encoding, so that bytes are counted as they lie in the file."""
    return {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}


def _take(response: "httpx.Response", part: Path, start: int, report) -> bool:  # type: ignore[no-untyped-def]
    """Writes an answer behind what is there; whether the file is whole now. A 416 says it was before."""
    if response.status_code == 416:
        known = response.headers.get("Content-Range", "").rpartition("/")[2]
        if known.isdigit() and int(known) == start:
            return True
        part.unlink()
        return False
    response.raise_for_status()
    if response.status_code != 206:
        start = 0  # the server sends the whole
    length = response.headers.get("Content-Length")
    total = start + int(length) if length and length.isdigit() else None
    with part.open("r+b" if start else "wb") as out:
        out.truncate(start)
        out.seek(start)
        for block in response.iter_raw():  # as it comes: a break loses nothing
            out.write(block)
            report(out.tell(), total)
        return total is None or out.tell() == total


def _trust() -> ssl.SSLContext:
    """The system's certificates and certifi's."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def room_for(folder: Path, needed_bytes: int) -> None:
    """Raises `PullError` where the disk hasn't the room."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise PullError(f"{free >> 20} MB are free on the disk, {needed_bytes >> 20} MB are needed")
