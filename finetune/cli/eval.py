"""`finetune eval`: the proof, on rows that were held out: base, few-shot and adapter side by side."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetune.cli.console import fail, hush, say

if TYPE_CHECKING:
    from finetune.data.forms import Form

SHOWN = ("missing", "invented", "kept", "bleu", "rouge_l", "perplexity", "seconds", "p50_ms", "p95_ms")


def run(
    data: Annotated[Path, typer.Option(metavar="DIR|FILE", help="A prepared folder, or rows as JSONL.")],
    trained: Annotated[
        Path | None, typer.Option("--run", metavar="RUN", help="A run of `finetune train`.")
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="An export or a folder of peft, instead of a run.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="NAME", help="The base, where the adapter doesn't name it.")
    ] = None,
    forms: Annotated[
        str | None,
        typer.Option(metavar="FORM,...", help="Of names, names+grammar, free; the base has the first."),
    ] = None,
    free_adapter: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The adapter that was taught in values, for free.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Held-out rows, drawn by the seed.")] = 100,
    group_rows: Annotated[
        int, typer.Option(min=0, help="Of them, asked again in other callers' wordings.")
    ] = 20,
    shots: Annotated[int, typer.Option(min=0, help="Training rows in the prompt of few-shot.")] = 4,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of a reply.")] = 64,
    perplexity: Annotated[bool, typer.Option(help="Needs the base in transformers.")] = True,
    served: Annotated[bool, typer.Option(help="Let llama.cpp write, where it has the base.")] = True,
    general: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Text for forgetting; else the manual's.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Recordings and labels.tsv: wav, text, voice, accent.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="report.html and report.json; else RUN/report.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evaluation as JSON.")] = False,
) -> None:
    """Measure replies on rows that nobody was taught, and write the report."""
    from agent.settings import prepare_process
    from finetune.evaluate.proof import Wish, prove
    from finetune.evaluate.training import curves

    if trained is not None and adapter is not None:
        fail("Give --run or --adapter, not both.", 2)
    prepare_process()
    hush()
    wish = Wish(
        data=data,
        adapter=trained or adapter,
        base=base,
        forms=_forms(forms) if forms is not None else (),
        free_adapter=free_adapter,
        rows=rows,
        group_rows=group_rows,
        shots=shots,
        seed=seed,
        max_tokens=max_tokens,
        perplexity=perplexity,
        served=served,
        general=general,
    )
    command = f"finetune {shlex.join(sys.argv[1:])}"
    made = prove(wish, command, say)
    made["training"] = curves(trained) if trained is not None else None
    made["speech"] = _speech(audio, seed) if audio is not None else None
    if (folder := out or (trained and trained / "report")) is not None:
        _report(folder, made)
    print(json.dumps(made, indent=1, ensure_ascii=False) if as_json else told(made))


def _speech(audio: Path, seed: int) -> dict[str, Any]:
    from agent.settings import load
    from finetune.evaluate.speech import measure

    return measure(audio, load(), seed)


def _report(folder: Path, made: dict[str, Any]) -> None:
    from finetune.evaluate.document import write
    from finetune.evaluate.report import page

    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "report.json", made)
    (folder / "report.html").write_text(page(made), "utf-8")
    say(f"the report is {folder / 'report.html'}")


def told(made: dict[str, Any]) -> str:
    """The candidates as a table: a figure and its 95 % interval."""
    lines = []
    for candidate in made["candidates"]:
        lines.append(f"{candidate['name']} ({made['rows']['count']} rows)")
        for key in SHOWN:
            if (figure := candidate["measures"].get(key)) is not None:
                measure = made["measures"][key]
                low, high = (_number(figure[side], measure["unit"]) for side in ("low", "high"))
                shown = _number(figure["value"], measure["unit"])
                lines.append(f"  {measure['title']:18} {shown:>9}  ({low} to {high})")
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f} ms" if unit == "ms" else f"{value:,.2f}"


def _forms(given: str) -> "tuple[Form, ...]":
    from finetune.data.forms import FORMS

    found: list[Any] = list(dict.fromkeys(form.strip() for form in given.split(",")))
    for form in found:
        if form not in FORMS:
            fail(f"--forms has {form!r}; it is a list of {', '.join(FORMS)}.", 2)
    return tuple(found)
