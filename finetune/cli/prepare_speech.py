"""`finetune prepare --audio`: a folder of recordings becomes segments, transcripts, rows and turn data."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetune.cli.console import fail, hush, say

if TYPE_CHECKING:
    from agent.settings.tree import Tree
    from finetune.data.speech.dialogue_rows import Call
    from finetune.data.speech.diarization import Diarizer
    from finetune.data.speech.preparation import Preparation, Prepared
    from finetune.data.speech.recording import Recording

RATES_HZ = (8_000, 48_000)


@dataclass(frozen=True, slots=True)
class AudioOptions:
    """As they were typed."""

    rate_hz: int = 24_000
    features: str = ""
    augment: Sequence[str] = ()
    noise: Path | None = None
    diarizer: str = "embedded"
    speakers: int = 2
    agent_channel: int = 2
    """From 1."""
    first: str = "agent"
    business: str | None = None
    least_confidence: float = 0.5
    workers: int = 1
    licence: str | None = None
    seed: int = 1
    as_json: bool = False


def run(
    audio: Annotated[
        Path, typer.Option(help="The folder with recordings: WAV, MP3, FLAC, OGG, 8 to 48 kHz.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write; a run that was killed is gone on with.")],
    rate: Annotated[int, typer.Option(help="Of the segments, in Hz.")] = 24_000,
    features: Annotated[str, typer.Option(help="Write features beside the sound: logmel,mfcc.")] = "",
    augment: Annotated[
        list[str] | None,
        typer.Option(
            help="An altered copy of each segment: noise=SNR, mulaw, loss=SHARE, speed=FACTOR, or +."
        ),
    ] = None,
    noise: Annotated[Path | None, typer.Option(help="A folder with recordings of noise.")] = None,
    diarizer: Annotated[
        str, typer.Option(help="What tells voices on one channel apart: embedded, pyannote, pyannote:MODEL.")
    ] = "embedded",
    speakers: Annotated[int, typer.Option(min=1, max=8, help="On one channel, at most.")] = 2,
    agent_channel: Annotated[int, typer.Option(min=1, max=2, help="Of two channels, the agent's.")] = 2,
    first: Annotated[str, typer.Option(help="Who speaks first on one channel: agent or caller.")] = "agent",
    business: Annotated[str | None, typer.Option(help="Whose calls these are: its persona is asked.")] = None,
    least_confidence: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of words to learn from.")] = 0.5,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Recordings side by side.")] = 1,
    licence: Annotated[str | None, typer.Option(help="The licence of the recordings, for the card.")] = None,
    seed: Annotated[int, typer.Option(help="Of what augmentation draws.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Turn recordings of calls into segments with speakers and words, dialogue rows and turn data."""
    options = AudioOptions(
        rate_hz=rate,
        features=features,
        augment=tuple(augment or ()),
        noise=noise,
        diarizer=diarizer,
        speakers=speakers,
        agent_channel=agent_channel,
        first=first,
        business=business,
        least_confidence=least_confidence,
        workers=workers,
        licence=licence,
        seed=seed,
        as_json=as_json,
    )
    run_audio(audio, out, options)


def run_audio(folder: Path, out: Path, options: AudioOptions) -> None:
    """Prepares the recordings under `folder` in `out`. Exits with 1 where none could be read."""
    from agent.settings import load, prepare_process
    from finetune.data.speech.recording import recordings
    from finetune.data.speech.speech_set import as_markdown, check_free, write_set

    prepare_process()
    hush()
    settings = load()
    check_free(out)
    call = _call(settings, options)
    found, skipped = recordings(folder)
    try:
        preparation, recogniser = _preparation(settings, out, options)
        prepared = _run(preparation, found, options.workers)
        prepared.skipped.update(skipped)
        for why in prepared.skipped.values():
            say(why)
        if not prepared.recordings:
            fail("None of the recordings could be read: nothing was prepared.")
        asked = {
            "made": datetime.now(UTC).date().isoformat(),
            "command": shlex.join(["finetune", *sys.argv[1:]]),
            "seed": options.seed,
            "rate_hz": options.rate_hz,
            "recogniser": recogniser,
            "licence": options.licence or "not told",
        }
        card = write_set(out, prepared, call, asked)
    except OSError as error:
        fail(f"{error.filename or out} can't be written ({error.strerror}): make room, and run it again.")
    print(json.dumps(card, indent=1, ensure_ascii=False) if options.as_json else as_markdown(card), end="")
    if options.as_json:
        print()
    if prepared.skipped:
        count = len(prepared.skipped) + len(prepared.recordings)
        say(f"{len(prepared.skipped)} of {count} files were skipped.")


def _call(settings: "Tree", options: AudioOptions) -> "Call":
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import load_profile
    from finetune.data.speech.dialogue_rows import Call

    if options.business is None:
        return Call("recordings", least_confidence=options.least_confidence)
    home = find_business(settings, options.business)
    return Call(home.name, load_profile(home).persona, options.least_confidence)


def _preparation(settings: "Tree", out: Path, options: AudioOptions) -> "tuple[Preparation, str]":
    """What does the work, its engines loaded; and the recogniser's name."""
    from agent.asr import folder_of
    from agent.asr.whisper import WhisperEngine
    from agent.vad.silero import SileroEngine
    from finetune.data.errors import DataError
    from finetune.data.speech.augmentation import parse, read_noises
    from finetune.data.speech.features import FEATURES
    from finetune.data.speech.preparation import Preparation, SpeechOptions
    from finetune.data.speech.speakers import Attribution, Roles

    low, high = RATES_HZ
    if not low <= options.rate_hz <= high:
        raise DataError(f"--rate {options.rate_hz}: give {low} to {high} Hz.")
    names = tuple(name.strip() for name in options.features.split(",") if name.strip())
    if strange := [name for name in names if name not in FEATURES]:
        raise DataError(f"--features {strange[0]} isn't known: {', '.join(FEATURES)} are.")
    if options.first not in ("agent", "caller"):
        raise DataError(f"--first {options.first}: it is agent or caller.")
    ways = tuple(parse(text) for text in options.augment)
    noisy = any(step.kind == "noise" for way in ways for step in way.steps)
    if noisy and options.noise is None:
        raise DataError("--augment noise=... needs recordings of noise: name their folder by --noise.")
    noises = read_noises(options.noise, options.rate_hz) if noisy and options.noise else []
    roles = Roles(options.agent_channel - 1, "caller" if options.first == "caller" else "agent")
    attribution = Attribution(SileroEngine(), _diarizer(options), roles)
    asr = settings.asr.model_copy(update={"workers": options.workers})
    recogniser = WhisperEngine(folder_of(asr, settings.models), asr)
    told: tuple[Any, ...] = (
        asr.model,
        asr.language,
        options.diarizer,
        options.speakers,
        roles,
        options.noise,
    )
    speech = SpeechOptions(options.rate_hz, names, ways, options.seed, tuple(map(str, told)))
    return Preparation(out, speech, attribution, recogniser, noises), asr.model


def _diarizer(options: AudioOptions) -> "Diarizer":
    from finetune.data.errors import DataError

    if options.diarizer == "embedded":
        from finetune.data.speech.diarization import ClusteredVoices
        from finetune.data.speech.voice_encoder import VoiceEncoder

        return ClusteredVoices(VoiceEncoder(), options.speakers)
    name, _, model = options.diarizer.partition(":")
    if name != "pyannote":
        raise DataError(f"--diarizer {options.diarizer}: it is embedded, pyannote or pyannote:MODEL.")
    from finetune.data.speech.pyannote import MODEL, PyannoteDiarizer

    return PyannoteDiarizer(model or MODEL, options.speakers)


def _run(preparation: "Preparation", found: "Sequence[Recording]", workers: int) -> "Prepared":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("recordings"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(found))
        return preparation.run(found, workers, lambda *_: progress.advance(bar))
