"""A base in transformers with one adapter on it, to be used with and without."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from finetune.data.errors import DataError
from finetune.train.base import Base, load_base
from finetune.train.writing import load_adapter


class Sides:
    def __init__(self, base: Base, adapter: Path | None) -> None:
        """`adapter` is a folder of peft. Raises `BaseError` where it doesn't fit."""
        self.base = base
        self._taught = None if adapter is None else load_adapter(base, adapter)

    @classmethod
    def load(cls, name: str, adapter: Path | None) -> "Sides":
        """The base `name` in fp32: a perplexity is not to hang on rounding."""
        return cls(load_base(name), adapter)

    @contextmanager
    def model(self, *, adapter: bool) -> Iterator[Any]:
        """The model with the adapter, or as if it had none."""
        if self._taught is None:
            if adapter:
                raise DataError("There is no adapter in peft's files to answer with; give --adapter DIR.")
            yield self.base.model
            return
        with nullcontext() if adapter else self._taught.disable_adapter():
            yield self._taught
