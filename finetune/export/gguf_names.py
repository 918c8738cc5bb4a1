"""What llama.cpp calls a model's tensors, and in which order it wants the rows of q and k."""

from typing import Any

from finetune.export.errors import ExportError
from finetune.train.architecture import Architecture


class GgufNames:
    """Names and row orders of one architecture."""

    def __init__(self, architecture: Architecture) -> None:
        import gguf

        self._architecture = architecture
        kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
        self._map = gguf.get_tensor_name_map(kinds[architecture.family], architecture.layers)

    def of(self, layer: str) -> str:
        """`model.layers.0.self_attn.q_proj` -> `blk.0.attn_q`. Raises `ExportError`."""
        name = self._map.get_name(layer)
        if name is None:
            raise ExportError(f"llama.cpp knows no layer {layer} of {self._architecture.family} models.")
        return str(name)

    def heads(self, layer: str) -> int | None:
        """Heads by which the layer's output rows are reordered; None where they stay as they are.

        Rotary positions pair row i with row i + half in transformers, and neighbours in llama.cpp's llama.
        """
        if self._architecture.family != "llama":
            return None
        if layer.endswith(".q_proj"):
            return self._architecture.heads
        return self._architecture.key_value_heads if layer.endswith(".k_proj") else None


def interleaved(rows: Any, heads: int | None) -> Any:
    """The rows (first dimension) of a matrix in llama.cpp's order."""
    if heads is None:
        return rows
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, 2, half, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
