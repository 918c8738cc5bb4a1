"""A data card: what a prepared folder holds, where it is from, and what was left out; as JSON and to read."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from finetune.data.checks import Checked
from finetune.data.rows import Row
from finetune.data.sources import Source
from finetune.data.splits import SIDES, Split

SCHEMA = 1
MOST_NAMED = 20
"""Refused rows that a card names; the others it counts."""


def counts(split: Split, key: Callable[[Row], str]) -> dict[str, dict[str, int]]:
    """Rows of each side, by what `key` says of them; the largest first."""
    found: dict[str, Counter[str]] = {side: Counter(key(row) for row in rows) for side, rows in split}
    whole: Counter[str] = Counter()
    for counter in found.values():
        whole.update(counter)
    return {name: {side: found[side][name] for side in SIDES} for name, _ in whole.most_common()}


def card(
    sources: Sequence[Source],
    checked: Checked,
    split: Split,
    hashes: Mapping[str, str],
    asked: Mapping[str, Any],
) -> dict[str, Any]:
    """card.json. `hashes` are the sha256 of the files written; `asked` says how they were made."""
    refused = [one for source in sources for one in source.refused] + checked.refused
    return {
        "schema": SCHEMA,
        **asked,
        "rows": {side: len(rows) for side, rows in split},
        "files": {name: {"sha256": sha256} for name, sha256 in hashes.items()},
        "sources": [
            {
                "source": source.spec,
                "licence": source.licence,
                "rows": len(source.rows),
                "sha256": source.sha256,
                "left_out": dict(source.left_out),
            }
            for source in sources
        ],
        "categories": counts(split, lambda row: row.category),
        "businesses": counts(split, lambda row: row.business),
        "by_source": counts(split, lambda row: row.source),
        "facts": {
            "named": {side: sum(bool(row.needed) for row in rows) for side, rows in split},
            "several": {side: sum(len(row.needed) > 1 for row in rows) for side, rows in split},
            "declines": {side: sum(row.declines for row in rows) for side, rows in split},
        },
        "tokens": {side: _tokens([checked.tokens[row.id] for row in rows]) for side, rows in split},
        "left_out": {
            "refused": len(refused),
            "duplicates": checked.duplicates,
            "leaks": split.leaks,
            "shared_scenarios": split.shared_scenarios,
        },
        "truncated": checked.truncated,
        "refused": [str(one) for one in refused[:MOST_NAMED]],
    }


def _tokens(lengths: Sequence[int]) -> dict[str, int]:
    if not lengths:
        return {"sum": 0, "median": 0, "longest": 0}
    return {"sum": sum(lengths), "median": round(statistics.median(lengths)), "longest": max(lengths)}


def as_markdown(document: Mapping[str, Any]) -> str:
    """card.md: the same, to read."""
    rows, left_out = document["rows"], document["left_out"]
    parts = [
        "# Data card",
        f"Made {document['made']} by `{document['command']}`, seed {document['seed']}. "
        f"Lengths are tokens of {document['base']}; {document['max_tokens']} are allowed.",
        _table(
            ("", *SIDES),
            [
                ("rows", *(rows[side] for side in SIDES)),
                *(
                    (f"facts: {name}", *(told[side] for side in SIDES))
                    for name, told in document["facts"].items()
                ),
                *(
                    (f"tokens: {name}", *(document["tokens"][side][name] for side in SIDES))
                    for name in ("sum", "median", "longest")
                ),
            ],
        ),
        f"Left out: {left_out['duplicates']} that stood twice, {left_out['leaks']} that a held-out row is "
        f"like, {left_out['shared_scenarios']} of a held-out scenario, {left_out['refused']} refused. "
        f"Truncated: {document['truncated']}.",
        "## Sources",
        _table(
            ("source", "licence", "rows", "sha256"),
            [
                (source["source"], source["licence"], source["rows"], source["sha256"][:16])
                for source in document["sources"]
            ],
        ),
    ]
    for title, key in (("Businesses", "businesses"), ("Categories", "categories")):
        told = [(name, *(sides[side] for side in SIDES)) for name, sides in document[key].items()]
        parts += [f"## {title}", _table((key, *SIDES), told)]
    parts += [
        "## Files",
        _table(("file", "sha256"), [(n, f["sha256"]) for n, f in document["files"].items()]),
    ]
    if document["refused"]:
        parts += ["## Refused", "\n".join(f"- {line}" for line in document["refused"])]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    told = [[str(cell).replace("|", "\\|") for cell in line] for line in (head, ["---"] * len(head), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in told)
