"""Scripts read from YAML, and when each step is taken: the call's time is given, nothing waits."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from telephony.line.audibility import Stretch
from telephony.line.playout import Tag
from telephony.line.sound import Sound
from telephony.softphone.reply_watch import ReplyWatch
from telephony.softphone.script import (
    HangUp,
    Keys,
    Play,
    Script,
    ScriptError,
    Wait,
    read_script,
    script_of,
)
from telephony.softphone.steps import StepPlayer

CALLERS = Path(__file__).parents[1] / "callers"
TICK = 20


def said(ms: int = 200) -> Sound:
    return Sound("said.wav", np.full(ms * 8, 9_000, np.int16), Stretch(0, ms))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "ask.wav", np.ones(800) * 0.3, 8_000)
    return tmp_path


def test_every_step_of_the_manual_is_understood_and_paths_start_at_the_script(folder: Path) -> None:
    path = folder / "script.yaml"
    path.write_text(
        "steps:\n"
        "- play: ask.wav\n"
        "- {play: ask.wav, after_agent_starts_ms: 700}\n"
        '- dtmf: "12345#"\n'
        "- wait_ms: 3000\n"
        "- hang_up: true\n"
        "noise: {wav: ask.wav, snr_db: 10}\n"
        "line: {loss: 0.01, jitter_ms: 30}\n"
    )
    script = read_script(path)
    first, second, keys, wait, end = script.steps
    assert isinstance(first, Play) and first.after_agent_starts_ms is None and first.sound.source == "ask.wav"
    assert isinstance(second, Play) and second.after_agent_starts_ms == 700
    assert keys == Keys("12345#") and wait == Wait(3000) and end == HangUp()
    assert script.noise is not None and script.noise.snr_db == 10
    assert (script.line.loss, script.line.jitter_ms) == (0.01, 30)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "starts with `steps:`"),
        ("- play: ask.wav", "starts with `steps:`"),
        ("steps: []", "at least one step"),
        ("steps:\n- play: ask.wav\n  dtmf: '1'", "step 1: write exactly one of"),
        ("steps:\n- play: ask.wav\n- sing: x", "step 2: write exactly one of"),
        ("steps:\n- play: ask.wav\n- {play: ask.wav, loud: 1}", "step 2: the step has an unknown key 'loud'"),
        ("steps:\n- {wait_ms: 3, after_agent_starts_ms: 3}", "step 1: the step has an unknown key"),
        ("steps:\n- {play: ask.wav, after_agent_starts_ms: soon}", "step 1: `after_agent_starts_ms` must be"),
        ("steps:\n- wait_ms: -1", "step 1: `wait_ms` must be"),
        ("steps:\n- wait_ms: 1.5", "step 1: `wait_ms` must be"),
        ("steps:\n- dtmf: 12345", "step 1: `dtmf` needs keys in quotes"),
        ("steps:\n- dtmf: '12x'", "step 1: `dtmf` needs keys"),
        ("steps:\n- hang_up: false", "step 1: `hang_up` can only be true"),
        ("steps:\n- play: gone.wav", "step 1: There is no file"),
        ("steps:\n- play: ask.wav\nline: {loss: 2}", "`loss` must be a number from 0 to 1"),
        ("steps:\n- play: ask.wav\nline: {lost: 0.1}", "`line` has an unknown key 'lost'"),
        ("steps:\n- play: ask.wav\nnoise: {wav: ask.wav}", "`noise` needs a wav and an snr_db"),
        ("steps:\n- play: ask.wav\nnoise: {wav: no.wav, snr_db: 3}", "There is no file"),
        ("steps:\n- play: ask.wav\nsound: 1", "the script has an unknown key 'sound'"),
        ("steps: [\n", "line 2: this is not YAML"),
    ],
)
def test_each_mistake_is_a_sentence_with_the_step_that_holds_it(folder: Path, text: str, told: str) -> None:
    path = folder / "script.yaml"
    path.write_text(text)
    with pytest.raises(ScriptError) as caught:
        read_script(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_the_scripts_of_the_tree_can_be_read_and_nothing_to_say_is_a_mistake() -> None:
    paths = sorted(CALLERS.glob("*.yaml"))
    assert {path.stem for path in paths} >= {
        "order",
        "six_turns",
        "barge_in",
        "keys",
        "silence",
        "hang_up",
        "noise",
    }
    for path in paths:
        assert read_script(path).steps
    with pytest.raises(ScriptError, match="Nothing to say"):
        script_of([])


class Telephone:
    """A caller whose agent is told what to do at which ms."""

    def __init__(self, *steps: Play | Keys | Wait | HangUp) -> None:
        self.watch = ReplyWatch()
        self.player = StepPlayer(Script(steps), self.watch)
        self.now_ms = 0
        self.keys: list[tuple[int, str]] = []
        self.hung_up_ms: int | None = None

    def until(self, end_ms: int, *, speaks: Tag | bool | None = False, mark: str | None = None) -> None:
        """To `end_ms`, the agent speaking all the while with that tag, or silent; a mark at the end."""
        while self.now_ms < end_ms and self.hung_up_ms is None:
            if speaks is not False:
                tag = speaks if isinstance(speaks, Tag) else None
                self.watch.heard(self.now_ms, self.now_ms + TICK, tag)
            frame = self.player.frame(self.now_ms)
            self.keys += [(self.now_ms, key) for key in frame.keys]
            if frame.hangs_up:
                self.hung_up_ms = self.now_ms
            self.now_ms += TICK
        if mark is not None:
            self.watch.mark_played(mark, self.now_ms)

    @property
    def starts(self) -> list[int]:
        return [act.start_ms for act in self.player.acts]


def test_the_first_wav_follows_the_greetings_end_by_600_ms() -> None:
    phone = Telephone(Play(said()))
    phone.until(300)
    phone.until(1_500, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(3_000)
    assert phone.starts == [2_100]


def test_a_pause_between_two_sentences_does_not_end_the_reply() -> None:
    phone = Telephone(Play(said()))
    phone.until(500, speaks=Tag(0, 0, 0))
    phone.until(3_500)
    phone.until(4_000, speaks=Tag(0, 0, 1), mark="e.0.0")
    phone.until(6_000)
    assert phone.starts == [4_600]


def test_without_marks_1500_ms_of_silence_end_the_reply() -> None:
    phone = Telephone(Play(said()), Play(said()))
    phone.until(1_000, speaks=True)
    phone.until(3_000)
    assert phone.starts == [2_500]
    phone.until(3_500, speaks=True)
    phone.until(6_000)
    assert phone.starts == [2_500, 5_000]


def test_after_8_s_without_an_answer_the_caller_goes_on_and_at_last_hangs_up() -> None:
    phone = Telephone(Play(said()), Play(said()))
    phone.until(30_000)
    assert phone.starts == [8_000, 16_200]
    assert phone.hung_up_ms == 24_400


def test_it_talks_over_the_agent_so_long_after_the_agents_first_sound() -> None:
    phone = Telephone(Play(said()), Play(said(), after_agent_starts_ms=700), Play(said()))
    phone.until(1_000, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(2_200)
    assert phone.starts == [1_600]
    phone.until(3_200, speaks=Tag(0, 1, 0))
    assert phone.starts == [1_600, 2_900]
    phone.watch.cleared()
    phone.until(4_000)
    phone.until(5_000, speaks=Tag(1, 2, 0), mark="e.1.2")
    phone.until(6_000)
    assert phone.starts == [1_600, 2_900, 5_600]


def test_the_end_of_the_turn_that_was_talked_over_is_not_the_reply() -> None:
    phone = Telephone(Play(said(), after_agent_starts_ms=500), Play(said()))
    phone.until(800, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(2_000)
    assert phone.starts == [500]
    phone.until(2_500, speaks=Tag(0, 1, 0), mark="e.0.1")
    phone.until(4_000)
    assert phone.starts == [500, 3_100]


def test_an_agent_who_goes_on_over_a_cough_has_replied_after_1500_ms_of_silence() -> None:
    phone = Telephone(Play(said(), after_agent_starts_ms=500), Play(said()))
    phone.until(3_000, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(5_000)
    assert phone.starts == [500, 4_500]


def test_keys_come_one_each_200_ms_and_end_with_the_hash() -> None:
    phone = Telephone(Keys("12#4"), HangUp())
    phone.until(1_000, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(4_000)
    assert phone.keys == [(1_600, "1"), (1_800, "2"), (2_000, "#"), (2_200, "4")]
    act = phone.player.acts[0]
    assert (act.kind, act.start_ms, act.end_ms) == ("keys", 1_600, 2_000)
    assert phone.hung_up_ms == 2_220


def test_a_wait_counts_from_the_end_of_the_step_before_and_hang_up_waits_for_nothing() -> None:
    phone = Telephone(Play(said(200)), Wait(1_000), HangUp())
    phone.until(1_000, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(2_400)
    phone.until(9_000, speaks=Tag(0, 1, 0))
    assert phone.starts == [1_600] and phone.hung_up_ms == 2_800


def test_without_hang_up_the_last_reply_is_heard_to_its_end() -> None:
    phone = Telephone(Play(said(200)))
    phone.until(1_000, speaks=Tag(0, 0, 0), mark="e.0.0")
    phone.until(2_400)
    phone.until(9_000, speaks=Tag(0, 1, 0), mark="e.0.1")
    phone.until(12_000)
    assert phone.hung_up_ms == 9_600
