"""A person's side of a call: microphone, loudspeaker, keys; a fake stands where sounddevice is called."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from telephony.softphone.handset import Handset
from telephony.softphone.microphone import Microphone
from telephony.softphone.sound_card import SoundCard, SoundCardBroke, SoundCardError, table
from telephony.softphone.sound_queue import SoundQueue
from telephony.softphone.speaker import Speaker
from telephony.softphone.speech_finder import SpeechFinder


class PortAudioError(Exception):
    """As sounddevice raises."""


class Stream:
    """As `sounddevice.InputStream` and `OutputStream`: the test is the sound card's thread."""

    def __init__(self, **wanted: Any) -> None:
        self.wanted = wanted
        self.running = False
        if wanted["device"] == BUSY:
            raise PortAudioError("Device unavailable")

    def start(self) -> None:
        self.running = True

    def abort(self, ignore_errors: bool) -> None:
        self.running = False

    def close(self, ignore_errors: bool) -> None:
        self.running = False

    def records(self, pcm: np.ndarray) -> None:
        self.wanted["callback"](pcm[:, None], len(pcm), None, None)

    def plays(self, frames: int) -> np.ndarray:
        heard = np.zeros((frames, self.wanted["channels"]), np.int16)
        self.wanted["callback"](heard, frames, None, None)
        return heard


BUSY = 2


class PortAudio:
    """As the module `sounddevice`, with these devices."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: tuple[str, int, int, int]) -> None:
        self.found = [
            {
                "index": number,
                "name": name,
                "default_samplerate": float(rate_hz),
                "max_input_channels": inputs,
                "max_output_channels": outputs,
            }
            for number, (name, rate_hz, inputs, outputs) in enumerate(devices)
        ]
        self.opened: list[Stream] = []
        self.InputStream = self.OutputStream = self.open

    def open(self, **wanted: Any) -> Stream:
        self.opened.append(Stream(**wanted))
        return self.opened[-1]

    def query_devices(self, device: int | str | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return self.found
        able = [d for d in self.found if d[f"max_{kind}_channels"]]
        part = device if isinstance(device, str) else None
        named = [d for d in able if device in (None, d["index"]) or (part and part in d["name"])]
        if not named and isinstance(device, str):
            raise ValueError(f"No {kind} device matching {device!r}")
        if not named:
            raise PortAudioError("Error querying device -1")
        if len(named) > 1 and device is not None:
            raise ValueError(f"Multiple {kind} devices found for {device!r}")
        return named[0]


HEADSET = ("USB headset", 48_000, 1, 2)
BUILT_IN = ("Built-in USB", 44_100, 2, 2)
TAKEN = ("Taken", 48_000, 1, 2)


def tone(ms: int, rate_hz: int, hz: float = 440.0, level: float = 6_000) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(ms * rate_hz // 1000) / rate_hz)).astype(np.int16)


def opened(*devices: tuple[str, int, int, int], half_duplex: bool = False) -> SimpleNamespace:
    portaudio = PortAudio(*devices or (HEADSET,))
    card = SoundCard(portaudio)
    microphone = Microphone(card, card.device("input"))
    speaker = Speaker(card, card.device("output"))
    ear, mouth = portaudio.opened
    return SimpleNamespace(
        handset=Handset(microphone, speaker, half_duplex=half_duplex), ear=ear, mouth=mouth
    )


def test_a_device_is_found_by_name_part_or_number_and_else_the_sentence_says_what_to_do():
    card = SoundCard(PortAudio(HEADSET, BUILT_IN))
    assert card.device("input").name == "USB headset"
    assert card.device("input", "Built").rate_hz == 44_100
    assert card.device("output", "1").name == "Built-in USB"
    for name, words in (("USB", "Several devices"), ("Nobody", "--devices"), ("7", "--devices")):
        with pytest.raises(SoundCardError, match=words) as raised:
            card.device("input", name)
        assert raised.value.exit_code == 2
    with pytest.raises(SoundCardError, match=r"no microphone.*WAV.*--script"):
        SoundCard(PortAudio()).device("input")
    assert table(card.devices())[0].split() == "0 USB headset (1 in, 2 out, 48000 Hz)".split()


def test_a_device_that_another_program_holds_is_a_failure_that_names_it():
    card = SoundCard(PortAudio(HEADSET, BUILT_IN, TAKEN))
    with pytest.raises(SoundCardBroke, match="Taken can't be opened") as raised:
        Microphone(card, card.device("input", "Taken"))
    assert raised.value.exit_code == 1


@pytest.mark.parametrize("device", [HEADSET, BUILT_IN, ("Telephone", 8_000, 1, 1)])
def test_what_the_microphone_hears_is_said_at_8_khz_in_order_and_whole(device: tuple[str, int, int, int]):
    call = opened(device)
    rate_hz = device[1]
    heard = tone(2_000, rate_hz)
    said = []
    with call.handset:
        assert call.ear.running and call.mouth.running
        for tick in range(100):
            call.ear.records(heard[tick * rate_hz // 50 : (tick + 1) * rate_hz // 50])
            said.append(call.handset.frame(tick * 20).pcm)
    assert not call.ear.running and not call.mouth.running
    pcm = np.concatenate(said).astype(float)
    assert all(len(frame) == 160 for frame in said)
    begins = np.flatnonzero(np.abs(pcm) > 1_000)[0]
    assert begins < 8 * 150, "it comes within 150 ms"
    whole = pcm[begins + 400 : -400]
    spectrum = np.abs(np.fft.rfft(whole * np.hanning(len(whole))))
    assert abs(np.argmax(spectrum) * 8_000 / len(whole) - 440) < 2
    assert np.sqrt(np.mean(whole**2)) == pytest.approx(6_000 / np.sqrt(2), rel=0.05), "no gap in it"


def test_what_the_agent_says_is_played_on_both_ears_at_the_devices_rate():
    call = opened()
    said, heard = tone(1_000, 8_000), []
    with call.handset:
        for tick in range(50):
            call.handset.hear(said[tick * 160 : (tick + 1) * 160], tick * 20)
            heard.append(call.mouth.plays(960))
    played = np.concatenate(heard)
    assert (played[:, 0] == played[:, 1]).all()
    loud = played[np.flatnonzero(np.abs(played[:, 0]) > 1_000)[0] + 960 :, 0].astype(float)
    assert len(loud) > 48 * 700
    assert np.sqrt(np.mean(loud**2)) == pytest.approx(6_000 / np.sqrt(2), rel=0.05)


def test_a_quick_clock_is_cut_a_slow_one_is_filled_and_the_delay_stays_bounded():
    queue = SoundQueue(480, 960, 16_000)
    quick = 0
    for _ in range(3_000):
        queue.put(np.ones(162, np.int16))
        quick = max(quick, 160 * (np.count_nonzero(queue.take(160)) == 0))
    assert 0 < queue.dropped <= 3_000 * 2 and queue.missing == 0
    slow = SoundQueue(480, 960, 16_000)
    given = []
    for _ in range(3_000):
        slow.put(np.ones(158, np.int16))
        given.append(slow.take(160))
    silent = np.count_nonzero(np.concatenate(given) == 0)
    assert slow.dropped == 0 and silent < 3_000 * 2 + 1_000


def test_a_side_that_was_late_catches_up_and_loses_nothing():
    queue = SoundQueue(480, 960, 16_000)
    sound = np.arange(1, 24_001).astype(np.int16)
    given = []
    for tick in range(150):
        queue.put(sound[tick * 160 : (tick + 1) * 160])
        late = 60 <= tick < 90
        for _ in range(0 if late else 31 if tick == 90 else 1):
            given.append(queue.take(160))
    heard = np.concatenate(given)
    assert (heard[heard != 0] == sound[: np.count_nonzero(heard)]).all()
    assert queue.dropped == queue.missing == 0


def test_what_was_heard_before_the_call_began_is_not_said_in_it():
    queue = SoundQueue(480, 960, 16_000)
    queue.put(np.ones(8_000, np.int16))
    queue.put(np.full(480, 7, np.int16))
    assert (queue.take(160) == 7).all()


def test_speech_is_found_above_the_rooms_own_noise_and_a_click_is_not():
    room = np.random.default_rng(5).normal(0, 180, 8_000 * 9).astype(np.int16)
    room[8 * 3_000 : 8 * 4_000] += tone(1_000, 8_000)
    room[8 * 5_000 : 8 * 5_005] += tone(5, 8_000)
    room[8 * 6_000 : 8 * 6_400] += tone(400, 8_000)
    room[8 * 6_700 : 8 * 7_200] += tone(500, 8_000)
    finder = SpeechFinder()
    for tick in range(450):
        finder.take(room[tick * 160 : (tick + 1) * 160])
    found = [(stretch.start_ms, stretch.end_ms) for stretch in finder.stretches]
    assert found == [(3_000, 4_000), (6_000, 7_200)]


def test_speech_and_keys_are_acts_with_their_times():
    call = opened(("Telephone", 8_000, 1, 1))
    with call.handset:
        for tick in range(300):
            pcm = tone(20, 8_000) if 50 <= tick < 100 else np.zeros(160, np.int16)
            call.ear.records(pcm)
            if tick in (200, 210, 220):
                call.handset.press("12#"[tick // 10 - 20])
            if tick == 230:
                call.handset.press("7")
            frame = call.handset.frame(tick * 20)
            assert frame.keys == {200: ["1"], 210: ["2"], 220: ["#"], 230: ["7"]}.get(tick, [])
    kinds = [(act.id, act.kind, act.source) for act in call.handset.acts]
    assert kinds == [("c1", "speech", "microphone"), ("c2", "keys", "keys"), ("c3", "keys", "keys")]
    spoken, keyed, after = call.handset.acts
    assert spoken.end_ms - spoken.start_ms == pytest.approx(1_000, abs=20)
    assert (keyed.start_ms, keyed.end_ms) == (4_000, 4_400) and after.start_ms == 4_600


def test_half_duplex_closes_the_microphone_while_the_agent_is_heard_and_full_does_not():
    for half, silent in ((True, True), (False, False)):
        call = opened(("Telephone", 8_000, 1, 1), half_duplex=half)
        loud = []
        with call.handset:
            for tick in range(100):
                call.ear.records(tone(20, 8_000))
                agent = tone(20, 8_000) if 20 <= tick < 50 else np.zeros(160, np.int16)
                call.handset.hear(agent, tick * 20)
                loud.append(bool(call.handset.frame(tick * 20).pcm.any()))
        assert any(loud[25:60]) is not silent
        assert all(loud[5:20]) and all(loud[75:])


def test_a_device_that_is_pulled_out_hangs_up_and_is_named():
    call = opened()
    with call.handset:
        assert not call.handset.frame(0).hangs_up
        call.ear.wanted["finished_callback"]()
        assert call.handset.frame(20).hangs_up
    assert call.handset.lost == "microphone"


def test_the_end_of_a_call_is_no_lost_device():
    call = opened()
    with call.handset:
        call.handset.hang_up()
        assert call.handset.frame(0).hangs_up
    call.ear.wanted["finished_callback"]()
    assert call.handset.lost is None
