"""What a model may take in place of samples: log-mel energies and cepstra (MFCC)."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEATURES = ("logmel", "mfcc")
WINDOW_MS = 25
HOP_MS = 10
BANDS = 80
CEPSTRA = 13
FLOOR = 1e-10


def of(name: str, audio: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """The feature `name` of mono samples in -1..1: (bands or cepstra, frames), a frame each 10 ms."""
    return mfcc(audio, rate_hz) if name == "mfcc" else log_mel(audio, rate_hz)


def log_mel(audio: NDArray[np.float32], rate_hz: int, bands: int = BANDS) -> NDArray[np.float32]:
    """log10 of the energy in each mel band (Slaney's scale): (bands, frames), float32."""
    energy = mel_energy(audio, rate_hz, bands)
    return np.log10(np.maximum(energy, FLOOR)).astype(np.float32)


def mfcc(
    audio: NDArray[np.float32], rate_hz: int, cepstra: int = CEPSTRA, bands: int = 40
) -> NDArray[np.float32]:
    """Mel-frequency cepstra, the first of them loudness: (cepstra, frames), float32."""
    from scipy.fft import dct

    decibels = 10.0 * log_mel(audio, rate_hz, bands)
    return np.asarray(dct(decibels, type=2, axis=0, norm="ortho")[:cepstra], dtype=np.float32)


def mel_energy(audio: NDArray[np.float32], rate_hz: int, bands: int) -> NDArray[np.float32]:
    """The power in each mel band: (bands, frames); a frame stands in the middle of its window."""
    from transformers.audio_utils import spectrogram

    window, filters = _tables(rate_hz, bands)
    if len(audio) < len(window):
        audio = np.pad(audio, (0, len(window) - len(audio)))
    power = spectrogram(
        audio,
        window,
        frame_length=len(window),
        hop_length=rate_hz * HOP_MS // 1000,
        power=2.0,
        pad_mode="constant",
        mel_filters=filters,
        mel_floor=0.0,
    )
    return np.asarray(power, dtype=np.float32)


@cache
def _tables(rate_hz: int, bands: int) -> tuple[Any, Any]:
    """The window and the mel filters, as librosa makes them."""
    from transformers.audio_utils import mel_filter_bank, window_function

    length = rate_hz * WINDOW_MS // 1000
    filters = mel_filter_bank(
        num_frequency_bins=length // 2 + 1,
        num_mel_filters=bands,
        min_frequency=0.0,
        max_frequency=rate_hz / 2,
        sampling_rate=rate_hz,
        norm="slaney",
        mel_scale="slaney",
    )
    return window_function(length, "hann"), filters
