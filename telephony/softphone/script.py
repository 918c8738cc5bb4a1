"""A caller's script: what is said, pressed and waited for, read from YAML and checked whole.

Paths in a script are relative to the script's file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agent.settings.errors import UserError
from telephony.line.audibility import Samples
from telephony.line.network import Quality
from telephony.line.sound import Sound, SoundError, read_samples, read_sound

KEYS = "0123456789*#ABCD"
LONGEST_WAIT_MS = 600_000


class ScriptError(UserError, ValueError):
    """A script that can't be followed; the text names the step and says what to write."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Play:
    """Says a recording: after the reply has ended, or `after_agent_starts_ms` into it."""

    sound: Sound
    after_agent_starts_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Presses keys, one each 200 ms: after the reply has ended, or `after_agent_starts_ms` into it."""

    digits: str
    after_agent_starts_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Says nothing for so long, from the end of the step before (at first: from the call's start)."""

    ms: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hangs up as soon as the step before is done, even in the middle of a reply."""


Step = Play | Keys | Wait | HangUp


@dataclass(frozen=True, slots=True)
class NoiseUnder:
    pcm: Samples
    snr_db: float


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller does. Without a closing `hang_up` it ends when the last reply has ended."""

    steps: tuple[Step, ...]
    noise: NoiseUnder | None = None
    line: Quality = field(default_factory=Quality)


def script_of(wavs: Sequence[Path]) -> Script:
    """Each WAV is one thing that the caller says.

    Raises:
        ScriptError: none given, or one of them can't be played.
    """
    if not wavs:
        raise ScriptError("Nothing to say: name a WAV file, or a script with --script F.yaml.")
    try:
        return Script(tuple(Play(read_sound(wav)) for wav in wavs))
    except SoundError as error:
        raise ScriptError(str(error)) from error


def read_script(path: Path) -> Script:
    """The script in a YAML file.

    Raises:
        ScriptError: the file can't be read, or something in it can't be followed.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ScriptError(f"There is no script {path}: check the name.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"The script {path} can't be read: it must be a text file.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise ScriptError(
            f"{path}{where}: this is not YAML: start with `steps:` and one `- play: FILE.wav` a line."
        ) from error
    try:
        return _script(found, path.parent)
    except SoundError as error:
        raise ScriptError(f"{path}: {error}") from error
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from None


def _script(found: Any, folder: Path) -> Script:
    if not isinstance(found, Mapping):
        raise ScriptError("a script starts with `steps:` and a list.")
    _only(found, ("steps", "noise", "line"), "the script")
    steps = found.get("steps")
    if not isinstance(steps, list) or not steps:
        raise ScriptError("`steps` must be a list with at least one step, such as `- play: ask.wav`.")
    return Script(
        tuple(_numbered(number, step, folder) for number, step in enumerate(steps, 1)),
        _noise(found.get("noise"), folder),
        _line(found.get("line")),
    )


def _numbered(number: int, step: Any, folder: Path) -> Step:
    try:
        return _step(step, folder)
    except (ScriptError, SoundError) as error:
        raise ScriptError(f"step {number}: {error}") from error


def _step(step: Any, folder: Path) -> Step:
    kinds = ("play", "dtmf", "wait_ms", "hang_up")
    if not isinstance(step, Mapping) or sum(kind in step for kind in kinds) != 1:
        raise ScriptError("write exactly one of play, dtmf, wait_ms and hang_up.")
    timed = "play" in step or "dtmf" in step
    _only(step, (*kinds, "after_agent_starts_ms") if timed else kinds, "the step")
    after = step.get("after_agent_starts_ms")
    if "after_agent_starts_ms" in step:
        after = _ms(after, "after_agent_starts_ms")
    if "play" in step:
        if not isinstance(step["play"], str) or not step["play"]:
            raise ScriptError("`play` needs the name of a WAV file.")
        return Play(read_sound(folder / step["play"]), after)
    if "dtmf" in step:
        digits = step["dtmf"]
        if not isinstance(digits, str) or not digits or any(key not in KEYS for key in digits):
            raise ScriptError('`dtmf` needs keys in quotes, such as "12345#": 0 to 9, *, #, A to D.')
        return Keys(digits, after)
    if "wait_ms" in step:
        return Wait(_ms(step["wait_ms"], "wait_ms"))
    if step["hang_up"] is not True:
        raise ScriptError("`hang_up` can only be true: leave the step out to stay on the line.")
    return HangUp()


def _noise(found: Any, folder: Path) -> NoiseUnder | None:
    if found is None:
        return None
    if not isinstance(found, Mapping) or not isinstance(found.get("wav"), str) or "snr_db" not in found:
        raise ScriptError("`noise` needs a wav and an snr_db, such as {wav: street.wav, snr_db: 10}.")
    _only(found, ("wav", "snr_db"), "`noise`")
    return NoiseUnder(read_samples(folder / found["wav"]), _number(found["snr_db"], "snr_db", -20.0, 100.0))


def _line(found: Any) -> Quality:
    if found is None:
        return Quality()
    if not isinstance(found, Mapping):
        raise ScriptError("`line` needs loss or jitter_ms, such as {loss: 0.01, jitter_ms: 30}.")
    _only(found, ("loss", "jitter_ms", "seed"), "`line`")
    return Quality(
        _number(found.get("loss", 0.0), "loss", 0.0, 1.0),
        _number(found.get("jitter_ms", 0.0), "jitter_ms", 0.0, 2_000.0),
        int(_number(found.get("seed", 1), "seed", 0, 2**31)),
    )


def _only(found: Mapping[Any, Any], known: Sequence[str], where: str) -> None:
    for key in found:
        if key not in known:
            raise ScriptError(f"{where} has an unknown key {key!r}: it may have {', '.join(known)}.")


def _ms(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_WAIT_MS:
        raise ScriptError(f"`{name}` must be whole milliseconds from 0 to {LONGEST_WAIT_MS}.")
    return value


def _number(value: Any, name: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ScriptError(f"`{name}` must be a number from {least:g} to {most:g}.")
    return float(value)
