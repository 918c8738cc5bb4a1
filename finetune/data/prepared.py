"""A prepared folder: train.jsonl, validation.jsonl, test.jsonl and their card; whole, or not there."""

import gzip
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.models.verify import sha256_of
from finetune.data.card import as_markdown, card
from finetune.data.checks import Checked
from finetune.data.errors import DataError
from finetune.data.rows import Row, read_rows, write_rows
from finetune.data.sources import Source
from finetune.data.splits import SIDES, Side, Split

CARD = "card.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `finetune prepare` made."""

    folder: Path
    card: Mapping[str, Any]

    def rows(self, side: Side) -> tuple[Row, ...]:
        """Raises `DataError`."""
        return read_rows(self.folder / f"{side}.jsonl")


def open_prepared(folder: Path) -> Prepared:
    """A folder that `finetune prepare` made. Raises `DataError`."""
    try:
        document = json.loads((folder / CARD).read_text("utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{folder} holds no prepared data: make it with `finetune prepare`.") from None
    return Prepared(folder, document)


def check_free(out: Path) -> None:
    """Raises `DataError` where `out` is something else than an earlier prepared folder."""
    if out.exists() and not (out / CARD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is there and holds other things: choose another --out, or empty it.")


def write_prepared(
    out: Path, sources: Sequence[Source], checked: Checked, split: Split, asked: Mapping[str, Any]
) -> Prepared:
    """Writes the folder; one that `finetune prepare` made before is replaced."""
    check_free(out)
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    hashes = {}
    for side, rows in split:
        path = partial / f"{side}.jsonl"
        write_rows(path, rows)
        hashes[path.name] = sha256_of(path)
    document = card(sources, checked, split, hashes, asked)
    (partial / CARD).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (partial / "card.md").write_text(as_markdown(document), "utf-8")
    shutil.rmtree(out, ignore_errors=True)
    partial.replace(out)
    return Prepared(out, document)


def pack(path: Path, rows: Iterable[Row]) -> None:
    """All rows in one .jsonl.gz, the same bytes for the same rows."""
    text = "".join(
        json.dumps(row.document(), ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
    )
    partial = path.with_name(f"{path.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))
    partial.replace(path)


__all__ = ["SIDES", "Prepared", "check_free", "open_prepared", "pack", "write_prepared"]
