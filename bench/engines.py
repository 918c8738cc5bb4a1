"""What each engine by choice costs: load, memory, and the time of its own unit of work.

    python -m bench.engines                                                    # what comes with the agent
    python -m bench.engines --coqui FOLDER --python INTERPRETER [--random]     # a Coqui voice alone
    python -m bench.engines --whisper FOLDER [--random]                        # another recogniser alone

Each engine is measured in a process of its own, one after another, and its row replaces the one of its name
in bench/results/engines.json; the tables of docs/engines.md are written anew from there. `--random` says that
the weights given by hand are random numbers of the published sizes: their time counts, their words don't.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.settings import ROOT, prepare_process
from agent.settings.tree import Asr, Models, Tts, Vad
from bench.engines_page import write_tables
from bench.machine import commit, load_average, machine, versions

QUESTION = ROOT / "tests" / "callers" / "where_is_my_order.wav"
CLAUSES = (
    "Your order was shipped with Parcel way.",
    "It's expected to arrive on Friday.",
    "You can return it within thirty days.",
    "We are open from nine to six.",
    "What's your order number?",
)
ROUNDS = 7
RESULTS = ROOT / "bench" / "results" / "engines.json"
PAGE = ROOT / "docs" / "engines.md"


def memory_mib(pid: int | str = "self") -> float:
    """Resident memory of a process, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def question(rate_hz: int) -> NDArray[np.float32]:
    import soundfile
    import soxr

    samples, own_hz = soundfile.read(QUESTION, dtype="float32")
    line = soxr.resample(samples, own_hz, 8000)
    return np.asarray(soxr.resample(line, 8000, rate_hz), dtype=np.float32)


def took_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure_vad(settings: Vad) -> dict[str, Any]:
    """The wall time of one window of 32 ms; the engine's load and memory."""
    from agent.vad import open_engine

    before, began = memory_mib(), time.perf_counter()
    session = open_engine(settings, Models()).open()
    loaded_ms = (time.perf_counter() - began) * 1000
    pcm = (question(8000) * 32767).astype(np.int16)
    windows = pcm[: len(pcm) // 256 * 256].reshape(-1, 256)
    times = [took_ms(lambda w=window: session.probability(w)) for _ in range(20) for window in windows]  # type: ignore[misc]
    return {
        "load_ms": round(loaded_ms),
        "memory_mib": round(memory_mib() - before, 1),
        "window_us": round(median(times) * 1000, 1),
        "window_p99_us": round(float(np.percentile(times, 99)) * 1000, 1),
    }


def measure_asr(settings: Asr, random: bool) -> dict[str, Any]:
    """A short question, and the encoder alone over both windows. Random weights never end a text: None."""
    from agent.asr import open_engine
    from agent.asr.whisper import WhisperEngine

    before, began = memory_mib(), time.perf_counter()
    engine = open_engine(settings, Models())
    assert isinstance(engine, WhisperEngine)
    loaded_ms = (time.perf_counter() - began) * 1000
    audio = question(16_000)
    seconds = len(audio) / 16_000
    weights = engine._weights
    short_s = weights.window_s(seconds, full=False)
    np.array(weights.encode(audio, short_s))
    final_ms = None
    if not random:
        engine.transcribe(audio)
        final_ms = median(took_ms(lambda: engine.transcribe(audio)) for _ in range(ROUNDS))
    short = [took_ms(lambda: np.array(weights.encode(audio, short_s))) for _ in range(3)]
    full = [took_ms(lambda: np.array(weights.encode(audio, 30.0))) for _ in range(3)]
    return {
        "load_ms": round(loaded_ms),
        "memory_mib": round(memory_mib() - before),
        "question_s": round(seconds, 2),
        "final_ms": final_ms and round(final_ms),
        "real_time_factor": final_ms and round(final_ms / 1000 / seconds, 3),
        "encoder_ms": {"short": round(median(short)), "short_window_s": short_s, "full": round(median(full))},
        "device": settings.device,
        "compute_type": settings.compute_type,
        "window": settings.window,
    }


async def measure_tts(settings: Tts) -> dict[str, Any]:
    """First chunk and whole clause of `CLAUSES`, none of them cached; the voice's own process."""
    from agent.models import require
    from agent.tts.coqui import CoquiEngine, folder_of
    from agent.tts.engine import ProcessEngine
    from agent.tts.piper import PiperEngine

    engine: ProcessEngine
    if settings.backend == "coqui":
        engine = CoquiEngine(folder_of(settings, Models()), settings)
    else:
        engine = PiperEngine(require(Models(), settings.model), settings)
    began = time.perf_counter()
    await engine.warm()
    loaded_ms = (time.perf_counter() - began) * 1000
    first, factors = [], []
    for clause in CLAUSES:
        began, samples, heard_ms = time.perf_counter(), 0, 0.0
        async for chunk in engine.speak(clause):
            heard_ms = heard_ms or (time.perf_counter() - began) * 1000
            samples += len(chunk)
        first.append(heard_ms)
        factors.append((time.perf_counter() - began) / (samples / 8000))
    process = engine._processes[0]
    result = {
        "load_ms": round(loaded_ms),
        "memory_mib": round(memory_mib(process.pid or "self")),
        "first_chunk_ms": round(median(first)),
        "real_time_factor": round(median(factors), 3),
        "streamed": process.streamed,
        "threads": settings.threads,
    }
    await engine.close()
    return result


def plan(chosen: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Name -> kind and settings of what is measured."""
    rows: dict[str, dict[str, Any]] = {}
    for folder in chosen.whisper:
        own: dict[str, Any] = {"window": "full", "compute_type": "auto", "device": "auto"}
        rows[folder.name] = {"kind": "asr", "settings": {"model": str(folder.absolute())} | own}
    for folder in chosen.coqui:
        own = {"backend": "coqui", "model": str(folder.absolute()), "timeout_ms": 600_000}
        own |= {"python": str(chosen.python) if chosen.python else None, "speaker": chosen.speaker}
        rows[folder.name] = {"kind": "tts", "settings": own}
    return rows or {
        "silero": {"kind": "vad", "settings": {"backend": "silero"}},
        "webrtcvad": {"kind": "vad", "settings": {"backend": "webrtcvad"}},
        "whisper-tiny.en": {"kind": "asr", "settings": {"model": "whisper-tiny.en"}},
        "whisper-base": {"kind": "asr", "settings": {"model": "whisper-base"}},
        "piper-joe": {"kind": "tts", "settings": {"backend": "piper"}},
    }


def one(row: dict[str, Any]) -> dict[str, Any]:
    """Measures one engine, in this process."""
    prepare_process()
    if row["kind"] == "vad":
        return measure_vad(Vad.model_validate(row["settings"]))
    if row["kind"] == "asr":
        return measure_asr(Asr.model_validate(row["settings"]), row["random"])
    return asyncio.run(measure_tts(Tts.model_validate(row["settings"])))


def measured(row: dict[str, Any], random: bool) -> dict[str, Any]:
    """One engine in a process of its own."""
    load = load_average()
    command = [sys.executable, "-m", "bench.engines", "--one", json.dumps(row)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    more: dict[str, Any] = {"random_weights": True} if random else {}
    more |= {"date": datetime.now(UTC).date().isoformat(), "load_before": load}
    return {"kind": row["kind"], **more, **json.loads(done.stdout.splitlines()[-1])}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--whisper", type=Path, action="append", default=[], help="A folder; may be repeated."
    )
    parser.add_argument("--coqui", type=Path, action="append", default=[], help="A folder; may be repeated.")
    parser.add_argument("--python", type=Path, help="The interpreter that has coqui-tts.")
    parser.add_argument("--speaker", default="", help="Of the Coqui voice.")
    parser.add_argument("--random", action="store_true", help="The folders hold random numbers.")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(json.loads(chosen.one))))
        return 0
    engines = json.loads(RESULTS.read_text("utf-8"))["engines"] if RESULTS.exists() else {}
    for name, row in plan(chosen).items():
        print(f"measuring {name} ...", file=sys.stderr)
        engines[name] = measured(row | {"random": chosen.random}, chosen.random)
    result = {"machine": machine(), "commit": commit(), "versions": versions(), "engines": engines}
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    write_tables(PAGE, engines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
