"""Altered copies of a recording, its features, and batches of both."""

import numpy as np
import pytest
import torch

from finetune.data.errors import DataError
from finetune.data.speech.augmentation import at_speed, augmented, over_line, parse, with_loss, with_noise
from finetune.data.speech.collator import IGNORED, Example, SpeechCollator
from finetune.data.speech.features import log_mel, mfcc

RATE_HZ = 16_000


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(RATE_HZ * seconds)) / RATE_HZ)).astype(np.float32)


def power(audio: np.ndarray) -> float:
    return float(np.mean(np.square(audio, dtype=np.float64)))


def strength_of(audio: np.ndarray, hz: int) -> float:
    return float(np.abs(np.fft.rfft(audio))[hz * len(audio) // RATE_HZ])


def test_noise_lies_as_far_below_as_was_asked() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(size=3_000).astype(np.float32)
    audio = tone(440) * np.float32(0.2)
    noisy = with_noise(audio, noise, 10.0, random)
    assert 10 * np.log10(power(audio) / power(noisy - audio)) == pytest.approx(10, abs=0.01)
    assert np.array_equal(with_noise(audio * 0, noise, 10.0, random), audio * 0)


def test_the_telephone_line_takes_what_is_over_4_khz_and_leaves_mu_laws_noise() -> None:
    audio = tone(1_000) + tone(6_000)
    heard = over_line(audio, RATE_HZ)
    assert len(heard) == len(audio)
    assert strength_of(heard, 6_000) < 0.01 * strength_of(audio, 6_000)
    assert strength_of(heard, 1_000) == pytest.approx(strength_of(audio, 1_000), rel=0.05)
    low = tone(1_000)
    noise_db = 10 * np.log10(power(low[800:-800]) / power((over_line(low, RATE_HZ) - low)[800:-800]))
    assert 30 < noise_db < 45


def test_lost_packets_are_silent_whole_and_come_in_bursts() -> None:
    audio = np.ones(RATE_HZ * 200, dtype=np.float32)
    lost = with_loss(audio, RATE_HZ, 0.1, np.random.default_rng(3)).reshape(-1, 320).max(axis=1) == 0
    assert lost.mean() == pytest.approx(0.1, abs=0.02)
    bursts = np.flatnonzero(np.diff(np.concatenate([[0], lost, [0]]).astype(int)) == 1)
    assert lost.sum() / len(bursts) == pytest.approx(3, abs=0.5)
    assert np.array_equal(with_loss(audio[:640], RATE_HZ, 0.0, np.random.default_rng(3)), audio[:640])


def test_faster_is_shorter_and_higher() -> None:
    faster = at_speed(tone(1_000), 1.25)
    assert len(faster) == pytest.approx(RATE_HZ / 1.25, abs=2)
    assert int(np.argmax(np.abs(np.fft.rfft(faster)))) * RATE_HZ / len(faster) == pytest.approx(1_250, abs=3)


def test_a_chain_is_the_same_for_the_same_seed_and_segment() -> None:
    noises = [np.random.default_rng(2).normal(size=9_000).astype(np.float32)]
    way = parse("speed=0.9+noise=5+loss=0.2+mulaw")
    made = [augmented(tone(300), RATE_HZ, way, noises, *drawn) for drawn in ((1, "a"), (1, "a"), (2, "a"))]
    other = augmented(tone(300), RATE_HZ, way, noises, 1, "b")
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2]) and not np.array_equal(made[0], other)
    assert np.abs(made[0]).max() <= 1 and made[0].dtype == np.float32


@pytest.mark.parametrize(
    "wrong", ["", "echo=1", "noise", "mulaw=3", "loss=0.9", "speed=0", "mulaw+", "loss=x"]
)
def test_what_is_no_augmentation_is_told(wrong: str) -> None:
    with pytest.raises(DataError, match="--augment"):
        parse(wrong)


def test_a_tone_is_loudest_in_its_mel_band() -> None:
    rows = [int(np.argmax(log_mel(tone(hz), RATE_HZ).mean(axis=1))) for hz in (200, 1_000, 4_000)]
    assert rows == sorted(rows) and rows[0] < 10 and rows[2] > 50
    assert log_mel(tone(200), RATE_HZ).shape == (80, 101) and log_mel(tone(200), 24_000).shape[1] == 67


def test_cepstra_tell_shape_and_only_the_first_loudness() -> None:
    noise = np.random.default_rng(4).normal(size=RATE_HZ).astype(np.float32) * np.float32(0.1)
    loud, quiet = mfcc(noise, RATE_HZ), mfcc(noise * np.float32(0.1), RATE_HZ)
    assert loud.shape == (13, 101) and loud.dtype == np.float32
    assert np.allclose(loud[1:], quiet[1:], atol=0.01)
    assert np.allclose(loud[0] - quiet[0], 20 * np.sqrt(40), atol=0.1)
    assert np.isfinite(mfcc(np.zeros(10, np.float32), RATE_HZ)).all()


def test_a_batch_is_padded_to_its_longest_and_masked() -> None:
    collate = SpeechCollator(lambda text: [ord(sign) for sign in text], multiple=4)
    batch = collate([Example(np.ones(5, np.float32), "ab"), Example(np.ones(2, np.float32), "c")])
    assert batch["input_values"].shape == (2, 8) and batch["input_values"].sum() == 7
    assert batch["attention_mask"].tolist() == [[1] * 5 + [0] * 3, [1, 1] + [0] * 6]
    assert batch["labels"].tolist() == [[97, 98], [99, IGNORED]]
    assert batch["labels"].dtype == batch["attention_mask"].dtype == torch.int64


def test_features_are_padded_along_the_time() -> None:
    features = [np.full((80, frames), frames, np.float32) for frames in (3, 7)]
    batch = SpeechCollator()([Example(one) for one in features])
    assert batch["input_features"].shape == (2, 80, 7) and "labels" not in batch
    assert torch.equal(batch["input_features"][0, :, 3:], torch.zeros(80, 4))
    assert batch["attention_mask"].sum(dim=1).tolist() == [3, 7]


def test_samples_and_features_make_no_batch() -> None:
    with pytest.raises(ValueError, match="one kind"):
        SpeechCollator()([Example(np.ones(5, np.float32)), Example(np.ones((2, 5), np.float32))])
    with pytest.raises(ValueError, match="one example"):
        SpeechCollator()([])
