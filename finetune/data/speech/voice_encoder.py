"""A voice as a vector: Resemblyzer's encoder (Apache-2.0), whose weights lie beside this file.

`voice_encoder.safetensors` holds the network of `resemblyzer/pretrained.pt` in the wheel Resemblyzer 0.1.4
(sha256 39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e), as 16-bit floats, without the
optimiser's state.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finetune.data.speech.features import mel_energy

WEIGHTS = Path(__file__).with_name("voice_encoder.safetensors")
RATE_HZ = 16_000
BANDS = 40
WIDTH = 256
FRAMES = 160
"""1.6 s: what the network was taught on."""
LOUDNESS = 10 ** (-30 / 20)
"""Root mean square that quieter speech is raised to."""
BATCH = 64


class VoiceEncoder:
    """Loads the weights at once (some ms); a GPU isn't worth it."""

    def __init__(self) -> None:
        import torch
        from safetensors.torch import load_file

        weights = {name: tensor.float() for name, tensor in load_file(WEIGHTS).items()}
        self._torch = torch
        self._lstm = torch.nn.LSTM(BANDS, WIDTH, num_layers=3, batch_first=True)
        self._linear = torch.nn.Linear(WIDTH, WIDTH)
        for module, prefix in ((self._lstm, "lstm."), (self._linear, "linear.")):
            own = {
                name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)
            }
            module.load_state_dict(own)
            module.eval()

    def vectors(self, stretches: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """A vector of length 1 for each stretch of 16 kHz samples: (stretches, 256).

        Of a stretch the first 1.6 s count; a shorter one is repeated to that length.
        """
        if not stretches:
            return np.zeros((0, WIDTH), dtype=np.float32)
        mels = np.stack([_frames(stretch) for stretch in stretches])
        found = []
        with self._torch.inference_mode():
            for start in range(0, len(mels), BATCH):
                _, (hidden, _) = self._lstm(self._torch.from_numpy(mels[start : start + BATCH]))
                raw = self._torch.relu(self._linear(hidden[-1]))
                found.append(self._torch.nn.functional.normalize(raw, dim=1).numpy())
        return np.concatenate(found)


def _frames(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """(FRAMES, BANDS) of mel power."""
    loudness = float(np.sqrt(np.mean(np.square(audio), dtype=np.float64))) if len(audio) else 0.0
    if 0.0 < loudness < LOUDNESS:
        audio = audio * np.float32(LOUDNESS / loudness)
    mel = mel_energy(audio, RATE_HZ, BANDS).T
    repeated = np.tile(mel, (-(-FRAMES // len(mel)), 1))
    return np.ascontiguousarray(repeated[:FRAMES])
