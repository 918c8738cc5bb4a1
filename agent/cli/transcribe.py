"""`agent transcribe`: what WAV files say."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, load_settings, say

if TYPE_CHECKING:
    from agent.asr.protocol import Transcript

Wavs = Annotated[list[Path], typer.Argument(metavar="WAV...", help="Any rate, width and channels.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON: text, words with times, how long it took.")]


def run(wavs: Wavs, config: ConfigFiles = None, set_: Assignments = None, as_json: Json = False) -> None:
    """Write down what WAV files say. One that can't be read is told on stderr, and the others are done."""
    settings = load_settings(config, set_, quiet=True)
    from agent.asr import folder_of
    from agent.asr.recording import RecordingError, channels, read
    from agent.asr.whisper import WhisperEngine

    engine = WhisperEngine(folder_of(settings.asr, settings.models), settings.asr)
    found: list[dict[str, Any]] = []
    failed = False
    for wav in wavs:
        try:
            audio = read(wav)
        except RecordingError as error:
            say(str(error))
            failed = True
            continue
        if channels(wav) > 1:
            say(f"{wav} has {channels(wav)} channels, heard as one: for each alone, give a file of each.")
        row = _row(wav, engine.transcribe(audio))
        found.append(row)
        if not as_json:
            print(row["text"] if len(wavs) == 1 else f"{wav}: {row['text']}", flush=True)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    if failed:
        raise SystemExit(1)


def _row(wav: Path, transcript: "Transcript") -> dict[str, Any]:
    return {
        "wav": str(wav),
        "text": transcript.text,
        "words": [
            {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms} for word in transcript.words
        ],
        "took_ms": transcript.took_ms,
        "audio_ms": transcript.audio_ms,
    }
