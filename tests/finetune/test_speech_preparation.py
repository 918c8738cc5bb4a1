"""A folder of recordings to a training set: whole or not at all, broken files named, killed runs resumed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from agent.asr.protocol import Transcript
from agent.models.verify import sha256_of
from agent.settings import ROOT
from agent.vad.silero import SileroEngine
from finetune.cli.main import main
from finetune.data.errors import DataError
from finetune.data.rows import read_rows
from finetune.data.speech.augmentation import parse
from finetune.data.speech.dialogue_rows import Call, dialogue_rows
from finetune.data.speech.diarization import ClusteredVoices
from finetune.data.speech.preparation import Preparation, Prepared, SpeechOptions
from finetune.data.speech.recording import recordings
from finetune.data.speech.segment import Pause, Segment, read_segments
from finetune.data.speech.sound import resampled
from finetune.data.speech.speakers import Attribution
from finetune.data.speech.speech_set import check_free, write_set
from finetune.data.speech.turn_pauses import turn_pauses
from finetune.data.speech.voice_encoder import VoiceEncoder

CALLERS = ROOT / "tests" / "callers"
AGENT = ("how_much_is_my_bill", "hold_on")
CALLER = ("opening_hours_man", "return_a_jacket")
WORDS = ("Hello.", "Can you help me?", "Of course, I will.", "Thank you.")


class Counting:
    """A recogniser that hears the same words in each call; stops where it is told to."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.heard = 0
        self._stop_at = stop_at

    def transcribe(self, audio: np.ndarray) -> Transcript:
        self.heard += 1
        if self.heard == self._stop_at:
            raise KeyboardInterrupt
        return Transcript(WORDS[(self.heard - 1) % len(WORDS)], confidence=0.9)


def talk(
    path: Path, sides: tuple[tuple[str, ...], tuple[str, ...]] = (CALLER, AGENT), hz: int = 16_000
) -> None:
    """A stereo call: the agent right, who begins, and the caller left; a second between them."""
    channels: list[list[np.ndarray]] = [[], []]
    for caller, agent in zip(*sides, strict=True):
        for side, name in ((1, agent), (0, caller)):
            samples, own_hz = soundfile.read(CALLERS / f"{name}.wav", dtype="float32")
            sound = np.concatenate([np.zeros(hz, np.float32), resampled(samples, own_hz, hz)])
            channels[side].append(sound)
            channels[1 - side].append(np.zeros_like(sound))
    soundfile.write(path, np.stack([np.concatenate(side) for side in channels], 1), hz)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path / "recordings"


def prepare(folder: Path, out: Path, recogniser: Counting, options: SpeechOptions | None = None) -> Prepared:
    attribution = Attribution(SileroEngine(), ClusteredVoices(VoiceEncoder()))
    work = Preparation(out, options or SpeechOptions(rate_hz=16_000), attribution, recogniser)
    return work.run(recordings(folder)[0], 2, lambda *_: None)


def test_a_stereo_call_becomes_segments_with_sound_speaker_and_words(folder: Path, tmp_path: Path) -> None:
    talk(folder / "call.wav", hz=44_100)
    way, out = parse("speed=0.8+mulaw"), tmp_path / "set"
    options = SpeechOptions(24_000, ("logmel", "mfcc"), (way,))
    prepared = prepare(folder, out, Counting(), options)
    own = [segment for segment in prepared.segments if not segment.augmented]
    assert [segment.speaker for segment in own] == ["agent", "caller"] * 2
    assert [segment.text for segment in own] == list(WORDS)
    for segment in prepared.segments:
        samples, rate_hz = soundfile.read(out / segment.wav)
        assert rate_hz == segment.rate_hz == 24_000 and sha256_of(out / segment.wav) == segment.sha256
        assert len(samples) * 1000 // rate_hz == segment.duration_ms
        slower = 0.8 if segment.augmented else 1
        assert segment.duration_ms * slower == pytest.approx(segment.end_ms - segment.start_ms, abs=2)
        features = {name: np.load(out / path) for name, path in (segment.features or {}).items()}
        assert {name: len(one) for name, one in features.items()} == {"logmel": 80, "mfcc": 13}
        assert features["mfcc"].shape[1] == pytest.approx(segment.duration_ms / 10, abs=2)
    assert len(prepared.segments) == 8 and prepared.segments[1].augmented == "speed=0.8+mulaw"
    assert prepared.segments[1].text == prepared.segments[0].text


def test_a_killed_run_goes_on_where_it_was_and_leaves_nothing_half(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        talk(
            folder / f"{name}.wav",
            ((CALLER[0],), ({"a": AGENT[0], "b": AGENT[1], "c": "blue_kettle"}[name],)),
        )
    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        prepare(folder, out, Counting(stop_at=4))
    assert not (out / "segments.jsonl").exists() and not list(out.rglob("*.partial"))
    done = len(list((out / "recordings").glob("*.json")))
    again = Counting()
    prepared = prepare(folder, out, again)
    assert done >= 1 and prepared.reused == done and again.heard == 2 * (3 - done)
    assert len(prepared.segments) == 6
    third = Counting()
    assert prepare(folder, out, third).reused == 3 and third.heard == 0


def test_other_options_and_changed_recordings_are_done_again(folder: Path, tmp_path: Path) -> None:
    talk(folder / "a.wav", ((CALLER[0],), (AGENT[0],)))
    talk(folder / "b.wav", ((CALLER[0],), (AGENT[1],)))
    out = tmp_path / "set"
    prepare(folder, out, Counting())
    assert prepare(folder, out, Counting(), SpeechOptions(rate_hz=8_000)).reused == 0
    (folder / "b.wav").unlink()
    talk(folder / "a.wav", ((CALLER[1],), (AGENT[0],)))
    assert prepare(folder, out, Counting(), SpeechOptions(rate_hz=8_000)).reused == 0
    kept = {path.name for path in (out / "wav").iterdir()}
    assert len(kept) == 1 and kept == {path.stem for path in (out / "recordings").iterdir()}


def test_lists_and_card_tell_the_same(folder: Path, tmp_path: Path) -> None:
    talk(folder / "call.wav")
    out = tmp_path / "set"
    prepared = prepare(folder, out, Counting())
    asked = {"made": "2026-11-25", "command": "finetune prepare", "seed": 1, "rate_hz": 16_000}
    card = write_set(out, prepared, Call("shop"), asked | {"recogniser": "none", "licence": "ours"})
    assert read_segments(out / "segments.jsonl") == prepared.segments
    assert card["rows"] == len(read_rows(out / "rows.jsonl")) and card["segments"] == 4
    assert [row.reply for row in read_rows(out / "rows.jsonl")] == [WORDS[2]]
    heard = [json.loads(line) for line in (out / "recogniser.jsonl").read_text().splitlines()]
    assert [one["wav"] for one in heard] == [segment.wav for segment in prepared.segments]
    pauses = [json.loads(line) for line in (out / "turns.jsonl").read_text().splitlines()]
    assert sum(pause["ends_turn"] for pause in pauses) == card["pauses"]["end_turn"] == 3
    assert card["files"]["segments.jsonl"]["sha256"] == sha256_of(out / "segments.jsonl")
    assert not list(out.rglob("*.partial"))
    check_free(out)
    with pytest.raises(DataError, match="other things"):
        check_free(folder)


def segment(number: int, speaker: str, text: str, confidence: float = 0.9) -> Segment:
    start = number * 2_000
    pauses = (Pause(400, 700),) if number == 0 else ()
    return Segment(
        str(number),
        "",
        "call.wav",
        0,
        speaker,
        start,
        start + 1_500,
        text,
        confidence,
        8_000,
        1_500,
        "",
        pauses,
    )


def test_replies_become_rows_asked_as_the_live_agent_asks() -> None:
    segments = [
        segment(0, "agent", "Hello."),
        segment(1, "caller", "I bought a jacket."),
        segment(2, "caller", "May I send it back?"),
        segment(3, "agent", "Of course, I will help you with that."),
        segment(4, "caller", "Thank you."),
        segment(5, "agent", "You are welcome."),
    ]
    made = dialogue_rows(segments, Call("shop", "You are a shop."))
    assert [row.reply for row in made.rows] == ["Of course, I will help you with that.", "You are welcome."]
    first, second = made.rows
    assert first.prompt[-1].content == (
        "Caller: I bought a jacket. May I send it back?\nSay: say: Of course, I will help you with that."
    )
    assert [message.role for message in second.messages] == ["system", *["user", "assistant"] * 2]
    assert second.scenario == "call.wav" and second.learned == "last" and second.business == "shop"


@pytest.mark.parametrize(
    ("reply", "confidence", "left_out"),
    [
        ("It arrives on Friday.", 0.9, (0, 1)),
        ("It costs twenty dollars.", 0.9, (0, 1)),
        ("Sure.", 0.3, (1, 0)),
    ],
)
def test_replies_with_facts_or_heard_badly_are_left_out(
    reply: str, confidence: float, left_out: tuple[int, int]
) -> None:
    segments = [
        segment(0, "caller", "What about it?"),
        segment(1, "agent", reply, confidence),
        segment(2, "caller", "Thank you."),
        segment(3, "agent", "You are welcome."),
    ]
    made = dialogue_rows(segments, Call("shop"))
    assert [row.reply for row in made.rows] == ["You are welcome."] and len(made.rows[0].messages) == 3
    assert (made.unsure, made.stating) == left_out


def test_pauses_in_a_turn_and_at_its_end_are_told_apart() -> None:
    segments = [segment(0, "caller", "My"), segment(1, "caller", "number"), segment(2, "agent", "Yes")]
    found = [(pause.pause_start_ms, pause.pause_ms, pause.ends_turn) for pause in turn_pauses(segments)]
    assert found == [(400, 300, False), (1_500, 500, False), (3_500, 500, True), (5_500, -1, False)]


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        recordings(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no recording"):
        recordings(tmp_path)


def test_the_command_hears_what_it_can_and_names_what_is_broken(folder: Path, tmp_path: Path) -> None:
    talk(folder / "call.mp3", ((CALLER[0],), (AGENT[0],)), hz=24_000)
    (folder / "again.mp3").write_bytes((folder / "call.mp3").read_bytes())
    (folder / "broken.wav").write_bytes(b"RIFF, but no sound")
    command = [sys.executable, "-m", "finetune", "prepare", "--audio", str(folder)]
    command += ["--out", str(tmp_path / "set"), "--rate", "16000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert "broken.wav can't be read" in done.stderr and "2 of 3 files were skipped" in done.stderr
    card = json.loads(done.stdout)
    assert card["recordings"] == {"prepared": 1, "of_an_earlier_run": 0, "skipped": 2}
    found = read_segments(tmp_path / "set" / "segments.jsonl")
    assert [one.speaker for one in found] == ["agent", "caller"]
    assert "bill" in found[0].text.lower() and "opening hours" in found[1].text.lower()
    assert all(0.3 < one.confidence <= 1 for one in found)


@pytest.fixture
def prepared_here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command in this process, whose log stays as it is; gives its exit code."""
    monkeypatch.setattr("finetune.cli.prepare_speech.hush", lambda: None)

    def run(*words: object) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["prepare", *map(str, words)])
        return int(str(ended.value.code))

    return run


def test_without_one_readable_recording_the_command_fails(
    folder: Path, tmp_path: Path, prepared_here: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.flac").write_bytes(b"no sound")
    assert prepared_here("--audio", folder, "--out", tmp_path / "set") == 1
    assert "None of the recordings could be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--rate", 4_000), "--rate 4000"),
        (("--features", "pitch"), "logmel, mfcc are"),
        (("--augment", "noise=10"), "name their folder by --noise"),
        (("--first", "nobody"), "agent or caller"),
        (("--diarizer", "magic"), "embedded, pyannote"),
    ],
)
def test_wrong_options_are_told_before_anything_is_written(
    folder: Path,
    tmp_path: Path,
    prepared_here: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    words: tuple[object, ...],
    told: str,
) -> None:
    (folder / "call.wav").write_bytes(b"not looked at")
    assert prepared_here("--audio", folder, "--out", tmp_path / "set", *words) == 2
    assert told in capsys.readouterr().err and not (tmp_path / "set").exists()
