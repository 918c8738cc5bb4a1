"""Reads the header of a GGUF file: enough to know that the file is whole and what it is for.

llama.cpp says only "failed to load" of a file cut in half, and may abort on a damaged one. Layout and the
sizes of types: ggml's docs/gguf.md and ggml-common.h.
"""

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 26
"""Bytes of a string, items of an array: more is damage."""
# fmt: off
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}
# fmt: on
"""Type -> (values in a block, bytes of a block). An unknown type counts nothing."""

Value = str | int | float | bool


class GgufError(ValueError):
    """Not a whole GGUF file; the text says how."""


@dataclass(frozen=True, slots=True)
class Header:
    values: dict[str, Value]
    """Scalars and strings; arrays are skipped."""
    shapes: dict[str, tuple[int, ...]]
    """Of the tensors, fastest dimension first."""
    needed_bytes: int
    """Size that the file must have."""


def read(path: Path) -> Header:
    """The header of `path`. Raises `GgufError` where the file is shorter than it says, or no GGUF."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = _read(file)
    except (struct.error, EOFError) as error:
        raise GgufError("it ends within its header") from error
    except (UnicodeDecodeError, KeyError, OverflowError, MemoryError) as error:
        raise GgufError("its header is damaged") from error
    if size < header.needed_bytes:
        raise GgufError(f"it has {size} bytes of {header.needed_bytes}")
    return header


def _read(file: BinaryIO) -> Header:
    if file.read(4) != MAGIC:
        raise GgufError("it is not a GGUF file")
    version, tensors, pairs = _unpack(file, "<IQQ")
    if version not in (2, 3) or tensors > _LONGEST or pairs > _LONGEST:
        raise GgufError("its header is damaged or of an unknown version")
    values: dict[str, Value] = {}
    for _ in range(pairs):
        key = _string(file)
        value = _value(file, int(_unpack(file, "<I")[0]))
        if value is not None:
            values[key] = value
    shapes: dict[str, tuple[int, ...]] = {}
    end = 0
    for _ in range(tensors):
        name = _string(file)
        (dimensions,) = _unpack(file, "<I")
        if dimensions > 8:
            raise GgufError("its header is damaged")
        shape = _unpack(file, f"<{dimensions}Q")
        kind, offset = _unpack(file, "<IQ")
        values_in_block, block_bytes = _BLOCKS.get(kind, (1, 0))
        shapes[name] = shape
        end = max(end, offset + prod(shape) // values_in_block * block_bytes)
    alignment = int(values.get("general.alignment", 32)) or 32
    start = -(-file.tell() // alignment) * alignment
    return Header(values, shapes, start + end)


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _string(file: BinaryIO) -> str:
    (size,) = _unpack(file, "<Q")
    if size > _LONGEST:
        raise GgufError("its header is damaged")
    data = file.read(size)
    if len(data) != size:
        raise EOFError
    return data.decode()


def _value(file: BinaryIO, kind: int) -> Value | None:
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _unpack(file, "<" + _SCALARS[kind])[0]
    item, count = _unpack(file, "<IQ")
    if count > _LONGEST or item == _ARRAY:
        raise GgufError("its header is damaged")
    if item == _STRING:
        for _ in range(count):
            (size,) = _unpack(file, "<Q")
            file.seek(size, 1)
    else:
        file.seek(count * struct.calcsize("<" + _SCALARS[item]), 1)
    return None
