"""Fixed phrases on disk, so that a restart is quick. Only phrases given to `warm`, never a caller's data.

A file is named by the sha256 of the voice's sha256, the text and the speed; it holds a magic word, the
sha256 of the PCM, and the PCM. A file that doesn't fit its sum is ignored and written anew.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
from loguru import logger
from numpy.typing import NDArray

MAGIC = b"RDPCM1\n"
_SUM_BYTES = 32


def file_sha256(path: Path) -> str:
    """Of a whole file; about 0.1 s for a voice."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class PhraseStore:
    """A folder of phrases of one voice, at most `max_bytes`. Its methods block: call them in a thread."""

    def __init__(self, folder: Path, voice_sha256: str, max_bytes: int) -> None:
        self._folder = folder
        self._voice = voice_sha256
        self._max_bytes = max_bytes

    def path(self, text: str, speed: float) -> Path:
        name = hashlib.sha256(f"{self._voice}\0{speed!r}\0{text}".encode()).hexdigest()
        return self._folder / f"{name}.pcm"

    def read(self, text: str, speed: float) -> NDArray[np.int16] | None:
        """The phrase, or None where it isn't kept whole."""
        path = self.path(text, speed)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        body = data[len(MAGIC) + _SUM_BYTES :]
        checksum = data[len(MAGIC) : len(MAGIC) + _SUM_BYTES]
        if data[: len(MAGIC)] != MAGIC or hashlib.sha256(body).digest() != checksum or len(body) % 2:
            logger.warning("A cached phrase on disk is damaged and is made anew")
            return None
        return np.frombuffer(body, np.int16)

    def write(self, text: str, speed: float, pcm: NDArray[np.int16]) -> None:
        """Writes beside and renames: half a file never has the name. A full disk is no error."""
        body = pcm.astype("<i2").tobytes()
        path = self.path(text, speed)
        temporary: str | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + hashlib.sha256(body).digest() + body)
            os.replace(temporary, path)
        except OSError as error:
            logger.warning("A phrase could not be cached on disk: {}", error.strerror)
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def prune(self) -> int:
        """Deletes the oldest files over the bound; how many went."""
        try:
            files = [(path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.iterdir()]
        except OSError:
            return 0
        total = sum(size for _, size, _ in files)
        gone = 0
        for _, size, path in sorted(files, key=lambda file: file[0]):
            if total <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            total -= size
            gone += 1
        return gone
