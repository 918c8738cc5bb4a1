"""MiniLM taught a business's wishes: low-rank changes to its linear layers (LoRA), put into its ONNX graph.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PREFIX = "inner."
"""Of the layers' names in the graph."""
KEY = "adapter"
"""Of its arrays in a file: `adapter/LAYER/down` and `adapter/LAYER/up`."""


class EncoderAdapterError(ValueError):
    """The adapter doesn't fit the graph."""


@dataclass(frozen=True)
class EncoderAdapter:
    """Shared by calls; never changed. Two with the same numbers are equal."""

    factors: Mapping[str, tuple[NDArray[np.float16], NDArray[np.float16]]]
    """Of each layer (`encoder.layer.0.attention.self.query`): down (rank, inputs) and up (outputs, rank), in
    which alpha / rank is."""

    @cached_property
    def identity(self) -> str:
        """The start of the sha256 of its numbers."""
        digest = hashlib.sha256()
        for name, (down, up) in sorted(self.factors.items()):
            digest.update(name.encode() + down.tobytes() + up.tobytes())
        return digest.hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EncoderAdapter) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def arrays(self) -> dict[str, NDArray[np.float16]]:
        """What a file keeps of it."""
        kept: dict[str, NDArray[np.float16]] = {}
        for name, (down, up) in self.factors.items():
            kept[f"{KEY}/{name}/down"] = down
            kept[f"{KEY}/{name}/up"] = up
        return kept

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any]) -> "EncoderAdapter | None":
        """From what a file keeps, None where it keeps none. Raises `KeyError` where a half is missing."""
        names = sorted({key.split("/")[1] for key in arrays if key.startswith(f"{KEY}/")})
        if not names:
            return None
        return cls({name: (arrays[f"{KEY}/{name}/down"], arrays[f"{KEY}/{name}/up"]) for name in names})

    def merged(self, model: Path) -> bytes:
        """The graph of the file `model` with the changes in its weights. Raises `EncoderAdapterError`.

        A linear layer is found by its bias: the product that is added to it holds the weights (inputs,
        outputs), as one array or as int8 times a scale.
        """
        import onnx
        from onnx import numpy_helper

        whole = onnx.load(str(model))
        graph = whole.graph
        arrays = {array.name: array for array in graph.initializer}
        makers = {node.output[0]: node for node in graph.node}

        def value(name: str) -> NDArray[np.float32]:
            if name in arrays:
                return np.asarray(numpy_helper.to_array(arrays[name]))
            node = makers[name]
            if node.op_type == "Cast":
                return value(node.input[0]).astype(np.float32)
            if node.op_type == "Mul":
                return value(node.input[0]) * value(node.input[1])
            raise EncoderAdapterError(f"{name} is no weight but a {node.op_type}")

        products = {
            bias: makers[other]
            for node in graph.node
            if node.op_type == "Add"
            for bias, other in (node.input, reversed(node.input))
            if bias in arrays and other in makers and makers[other].op_type == "MatMul"
        }
        for name, (down, up) in self.factors.items():
            product = products.get(f"{PREFIX}{name}.bias")
            if product is None:
                raise EncoderAdapterError(f"the encoder has no layer {name}")
            weights = value(product.input[1])
            change = (up.astype(np.float32) @ down.astype(np.float32)).T
            if change.shape != weights.shape:
                raise EncoderAdapterError(
                    f"the change of {name} has {change.shape}, its weights {weights.shape}"
                )
            product.input[1] = f"{name}.taught"
            graph.initializer.append(numpy_helper.from_array(weights + change, product.input[1]))
        _drop_unread(graph)
        return bytes(whole.SerializeToString())


def _drop_unread(graph: Any) -> None:
    """Takes out the nodes and weights that nothing reads now."""
    read = {name for node in graph.node for name in node.input} | {out.name for out in graph.output}
    while unread := [node for node in graph.node if not set(node.output) & read]:
        for node in unread:
            graph.node.remove(node)
        read = {name for node in graph.node for name in node.input} | {out.name for out in graph.output}
    for array in [array for array in graph.initializer if array.name not in read]:
        graph.initializer.remove(array)
