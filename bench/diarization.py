"""How well one channel is told apart into its speakers: diarization error on mixed calls.

    python -m bench.diarization --digits FOLDER [--calls 20] [--out bench/results/diarization.json]

FOLDER holds recordings of the Free Spoken Digit Dataset (`<digit>_<speaker>_<n>.wav`): three people. Calls
are mixed at 8 kHz, by a fixed seed, two speakers taking turns without overlap: two people who say digits; two
synthetic callers of bench/conversations; the agent's own voice with a caller of either kind; and one voice
alone. Borders of the reference are where each recording is within 35 dB of its peak, silences under 200 ms
included. Thresholds were
chosen on the calls of seed 1; figures are of seed 2, with the same voices. The agent's own sentences are made
anew in each run, so its calls differ a little from run to run.
"""

import argparse
import asyncio
import json
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from agent.settings import ROOT, load, prepare_process
from bench.machine import machine
from finetune.data.speech.diarization import ClusteredVoices, Diarizer, SpeakerTurn, Voices
from finetune.data.speech.features import mfcc
from finetune.data.speech.speech_spans import Span, join, probabilities, speech_spans
from finetune.evaluate.diarization import DiarizationError, diarization_error

RATE_HZ = 8_000
TALKS = ROOT / "bench" / "conversations" / "talks"
OUT = ROOT / "bench" / "results" / "diarization.json"
AGENT = "agent"
AGENT_SAYS = (
    "Hello, this is the shop's automated assistant. How can I help you?",
    "Sure. What is your order number, please?",
    "Your order was shipped with Parcel way, and it is expected on Friday.",
    "You can send it back within thirty days, as long as it wasn't worn.",
    "I'm sorry, I don't have that. Shall I connect you with a colleague?",
    "We are open from nine to six, from Monday to Saturday.",
    "Is there anything else that I can do for you?",
    "Thank you for your call. Goodbye.",
)
SOUND_DB = 35
FRAME_MS = 10
GAP_MS = 200
COLLAR_MS = 250

Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Call:
    kind: str
    audio: Sound
    turns: tuple[SpeakerTurn, ...]


def people(folder: Path) -> dict[str, list[Sound]]:
    """Each person's recordings of single digits."""
    found: dict[str, list[Sound]] = {}
    for path in sorted(folder.glob("*_*_*.wav")):
        found.setdefault(path.stem.split("_")[1], []).append(trimmed(_read(path)))
    return found


def callers() -> dict[str, list[Sound]]:
    """The sentences of each synthetic voice."""
    found: dict[str, list[Sound]] = {}
    for talk in sorted(TALKS.glob("*/talk.toml")):
        voice = str(tomllib.loads(talk.read_text(encoding="utf-8"))["voice"])
        sounds = [trimmed(_read(path)) for path in sorted(talk.parent.glob("*.flac"))]
        found.setdefault(voice, []).extend(sounds)
    return found


async def agent_sentences() -> list[Sound]:
    """The agent's own voice."""
    from agent.tts import open_engine

    settings = load()
    engine = open_engine(settings.tts, settings.models)
    await engine.warm()
    said = []
    for text in AGENT_SAYS:
        chunks = [chunk async for chunk in engine.speak(text)]
        said.append(trimmed((np.concatenate(chunks) / 32_768).astype(np.float32)))
    await engine.close()
    return said


def _read(path: Path) -> Sound:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ, path
    return np.asarray(samples / np.abs(samples).max() * 0.5, dtype=np.float32)


def loud(audio: Sound) -> list[Span]:
    """Where it is within `SOUND_DB` of its peak; shorter silences than `GAP_MS` count as speech."""
    frame = RATE_HZ * FRAME_MS // 1000
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame)
    over = np.abs(frames).max(axis=1) > np.abs(audio).max() * 10 ** (-SOUND_DB / 20)
    return join([Span(at * FRAME_MS, (at + 1) * FRAME_MS) for at in map(int, np.flatnonzero(over))], GAP_MS)


def trimmed(audio: Sound) -> Sound:
    """Without the silence around it."""
    spans = loud(audio)
    return audio[spans[0].start_ms * RATE_HZ // 1000 : spans[-1].end_ms * RATE_HZ // 1000]


def mixed(kind: str, sides: Sequence[list[Sound]], random: np.random.Generator) -> Call:
    """8 to 14 turns of one or two speakers, 200 to 900 ms between them; a person's has 2 to 6 digits."""
    parts: list[Sound] = [np.zeros(RATE_HZ // 2, dtype=np.float32)]
    turns: list[SpeakerTurn] = []
    gains = random.uniform(0.4, 1.0, size=2)
    at = len(parts[0])
    for turn in range(int(random.integers(8, 15))):
        side = turn % len(sides)
        said = _turn(sides[side], random) * np.float32(gains[side])
        pause = np.zeros(RATE_HZ * int(random.integers(200, 900)) // 1000, dtype=np.float32)
        first_ms = at * 1000 // RATE_HZ
        turns += [SpeakerTurn(first_ms + span.start_ms, first_ms + span.end_ms, side) for span in loud(said)]
        parts += [said, pause]
        at += len(said) + len(pause)
    audio = np.concatenate(parts)
    hiss = random.normal(size=len(audio)).astype(np.float32) * np.float32(0.001)
    return Call(kind, audio + hiss, tuple(turns))


def _turn(sounds: list[Sound], random: np.random.Generator) -> Sound:
    drawn = sounds[int(random.integers(len(sounds)))]
    if len(drawn) > RATE_HZ:
        return drawn
    gap = np.zeros(RATE_HZ * 120 // 1000, dtype=np.float32)
    several = [sounds[int(random.integers(len(sounds)))] for _ in range(int(random.integers(2, 7)))]
    return np.concatenate([part for one in several for part in (one, gap)][:-1])


def calls(folder: Path, agent: list[Sound], count: int, seed: int) -> list[Call]:
    """`count` calls of each kind; each draws for itself, for the agent's voice is never twice the same."""
    real, synthetic = people(folder), callers()
    made = []
    for number in range(count):
        random = np.random.default_rng([seed, number])
        pairs = {
            "people": [real[name] for name in random.permutation(sorted(real))[:2]],
            "callers": [synthetic[name] for name in random.permutation(sorted(synthetic))[:2]],
            "agent and person": [agent, real[str(random.choice(sorted(real)))]],
            "agent and caller": [agent, synthetic[str(random.choice(sorted(synthetic)))]],
            "one voice": [(real | synthetic)[str(random.choice(sorted(real | synthetic)))]],
        }
        made += [
            mixed(kind, sides, np.random.default_rng([seed, number, place]))
            for place, (kind, sides) in enumerate(pairs.items(), 1)
        ]
    return made


class Cepstra:
    """The plain way, to compare with: mean and spread of each stretch's cepstra."""

    def vectors(self, stretches: Sequence[Sound]) -> Sound:
        rows = []
        for stretch in stretches:
            found = mfcc(stretch, 16_000, 20)[1:]
            rows.append(np.concatenate([found.mean(axis=1), found.std(axis=1)]))
        table = np.stack(rows)
        table = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-6)
        return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True), dtype=np.float32)


def measure(made: Sequence[Call], diarizer: Diarizer, vad: Any) -> dict[str, Any]:
    """Means over the calls of each kind, weighted by their speech."""
    errors: dict[str, list[tuple[DiarizationError, DiarizationError]]] = {}
    began, sound_s = time.perf_counter(), 0.0
    counted = 0
    for call in made:
        wide = np.asarray(soxr.resample(call.audio, RATE_HZ, 16_000), dtype=np.float32)
        spans = speech_spans(probabilities(vad, call.audio, RATE_HZ))
        found = diarizer.turns(wide, spans)
        strict, loose = (diarization_error(call.turns, found, collar_ms=collar) for collar in (0, COLLAR_MS))
        errors.setdefault(call.kind, []).append((strict, loose))
        sound_s += len(call.audio) / RATE_HZ
        counted += len({turn.speaker for turn in found}) == len({turn.speaker for turn in call.turns})
    took_s = time.perf_counter() - began
    rows = {kind: _means(found) for kind, found in errors.items()}
    rows["all"] = _means([pair for found in errors.values() for pair in found])
    return {
        "error": rows,
        "speakers_counted_right": f"{counted} of {len(made)}",
        "seconds_per_minute": round(took_s / sound_s * 60, 2),
    }


def _means(pairs: Sequence[tuple[DiarizationError, DiarizationError]]) -> dict[str, float]:
    def mean(of: Callable[[DiarizationError], float], place: int) -> float:
        weights = [pair[place].speech_ms for pair in pairs]
        return round(float(np.average([of(pair[place]) for pair in pairs], weights=weights)), 4)

    return {
        "rate": mean(lambda error: error.rate, 0),
        "missed": mean(lambda error: error.missed, 0),
        "false_alarm": mean(lambda error: error.false_alarm, 0),
        "confused": mean(lambda error: error.confused, 0),
        "rate_with_collar": mean(lambda error: error.rate, 1),
    }


def main() -> None:
    prepare_process()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--digits", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=20, help="Of each kind.")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    import torch

    from agent.vad.silero import SileroEngine
    from finetune.data.speech.voice_encoder import VoiceEncoder

    torch.set_num_threads(2)
    made = calls(options.digits, asyncio.run(agent_sentences()), options.calls, options.seed)
    ways: dict[str, Voices] = {"voice encoder": VoiceEncoder(), "cepstra": Cepstra()}
    document = {
        "seed": options.seed,
        "calls": len(made),
        "collar_ms": COLLAR_MS,
        "machine": machine(),
        "ways": {
            name: measure(made, ClusteredVoices(voices), SileroEngine()) for name, voices in ways.items()
        },
    }
    text = json.dumps(document, indent=1)
    partial = options.out.with_suffix(".partial")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(options.out)
    print(text)


if __name__ == "__main__":
    main()
