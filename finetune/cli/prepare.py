"""`finetune prepare`: chats, calls, phrases and a business's folder become rows to train and test on."""

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finetune.cli.console import fail, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from finetune.data.checks import Checked, Refused
    from finetune.data.plan import Plan
    from finetune.data.progress import Item
    from finetune.data.rows import Row
    from finetune.data.sources import Source

SHOWN = 20
"""Refused rows that are told one by one."""


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Chats (.jsonl, .csv), business:NAME, phrases:NAME, calls:FILE, schema-guided:DIR or FILE; "
            "or one .toml that names them."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write: three files of rows, a card.")
    ] = None,
    pack: Annotated[Path | None, typer.Option(help="Write all rows, unsplit, into one .jsonl.gz.")] = None,
    base: Annotated[
        str | None, typer.Option(help="The base whose tokens are counted; else SmolLM2-135M.")
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(min=32, help="Of the longest row; else 512.")] = None,
    allow_truncation: Annotated[
        bool,
        typer.Option("--allow-truncation", help="Cut the oldest turns of a longer row, never its reply."),
    ] = False,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Go on without rows that can't be used.")
    ] = False,
    test_business: Annotated[
        list[str] | None, typer.Option(help="A business that is only tested on; may be given several times.")
    ] = None,
    test_share: Annotated[
        float | None, typer.Option(min=0.0, max=0.5, help="Of the other rows, whole scenarios; else 0.")
    ] = None,
    validation_share: Annotated[
        float | None, typer.Option(min=0.0, max=0.5, help="Of the rest; else 0.05.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Of chats and calls, for the card.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of what is drawn, and of the split; else 1.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Read sources, check every row, split by scenario and business, and write rows with a data card."""
    if (out is None) == (pack is None):
        fail("Say where it goes: --out DIR for a data folder, or --pack FILE.jsonl.gz.", 2)
    from finetune.data.plan import plan_of
    from finetune.data.prepared import check_free
    from finetune.data.prepared import pack as write_packed

    plan = plan_of(
        sources,
        base=base,
        max_tokens=max_tokens,
        test_businesses=tuple(test_business) if test_business else None,
        test_share=test_share,
        validation_share=validation_share,
        licence=licence,
        seed=seed,
    )
    if out is not None:
        check_free(out)
    read = _read(plan)
    checked = _checked(read, plan, allow_truncation)
    _tell_refused([*(one for source in read for one in source.refused), *checked.refused], skip_refused)
    if pack is not None:
        write_packed(pack, checked.rows)
        say(f"{len(checked.rows)} rows are in {pack}")
    if out is not None:
        _write(out, plan, read, checked, as_json)


def _write(out: Path, plan: "Plan", read: "Sequence[Source]", checked: "Checked", as_json: bool) -> None:
    from finetune.data.prepared import write_prepared
    from finetune.data.schema_guided import held_out_services
    from finetune.data.splits import split

    tested = {*plan.test_businesses, *held_out_services(checked.rows)}
    shares = {"validation": plan.validation_share, "test": plan.test_share}
    sides = split(checked.rows, tested, seed=plan.seed, **shares)
    asked = {
        "made": datetime.now(UTC).date().isoformat(),
        "command": shlex.join(["finetune", *sys.argv[1:]]),
        "seed": plan.seed,
        "base": plan.base,
        "max_tokens": plan.max_tokens,
        "test_businesses": sorted(tested),
    }
    made = write_prepared(out, read, checked, sides, asked)
    rows = made.card["rows"]
    print(json.dumps(made.card, indent=1) if as_json else (out / "card.md").read_text("utf-8"), end="")
    say(f"{out}: {rows['train']} rows to train on, {rows['validation']} to validate, {rows['test']} to test")


def _read(plan: "Plan") -> "list[Source]":
    from agent.settings import load
    from finetune.data.sources import Reading, read_source

    reading = Reading(load(), plan.seed, plan.licence, progress=_progress)
    read = []
    for spec in plan.sources:
        source = read_source(spec, reading)
        say(f"{spec}: {len(source.rows)} rows")
        read.append(source)
    return read


def _checked(read: "Sequence[Source]", plan: "Plan", allow_truncation: bool) -> "Checked":
    from finetune.data.checks import check
    from finetune.train.base import load_tokenizer

    tokenizer = load_tokenizer(plan.base)

    def count(texts: "Sequence[str]") -> list[int]:
        return [len(ids) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    rows: list[Row] = [row for source in read for row in source.rows]
    return check(rows, count, plan.max_tokens, allow_truncation=allow_truncation, progress=_progress)


def _tell_refused(refused: "Sequence[Refused]", skip: bool) -> None:
    for one in refused[:SHOWN]:
        say(str(one))
    if len(refused) > SHOWN:
        say(f"... and {len(refused) - SHOWN} more")
    if refused and not skip:
        fail(f"{len(refused)} rows can't be used: mend them, or leave them out with --skip-refused.", 2)


def _progress(items: "Sequence[Item]", told: str) -> "Iterable[Item]":
    """A bar on stderr, for as long as it takes."""
    from rich.console import Console
    from rich.progress import track

    return track(items, told, console=Console(stderr=True), transient=True)
