"""`finetune export`: a run's adapter as the agent loads it, and the check that it says the same."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from finetune.cli.console import fail, say


def run(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|ADAPTER", help="A run's folder, a peft adapter, or an export.")
    ],
    out: Annotated[Path, typer.Option(help="The export's folder; an earlier one's files are exchanged.")],
    gguf: Annotated[bool, typer.Option(help="The adapter for llama.cpp.")] = True,
    merge: Annotated[bool, typer.Option(help="Also the base with the adapter merged into it.")] = False,
    outtype: Annotated[str, typer.Option(metavar="f16|f32", help="Numbers of the GGUF adapter.")] = "f16",
    base: Annotated[str | None, typer.Option(metavar="NAME", help="The base, where nothing tells.")] = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="DATA", help="Compare served and trained on rows: a prepared folder or JSONL."),
    ] = None,
    prompts: Annotated[int, typer.Option(min=1, help="Rows to compare on.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest or the check as JSON.")] = False,
) -> None:
    """Write the adapter's folder: adapter.gguf, adapter/ (peft), manifest.json, and merged weights."""
    from finetune.export.adapter import read_adapter
    from finetune.export.folder import Wanted, base_of, export

    if outtype not in ("f16", "f32"):
        fail(f"--outtype is f16 or f32, not {outtype}.", 2)
    wanted = Wanted(gguf, merge, "f16" if outtype == "f16" else "f32")
    made = export(source, out, wanted, base=base, tell=say)
    if check is None:
        _tell(made, out, as_json)
        return
    from finetune.export.check import check_export

    name, sizes = base_of(source, read_adapter(out), base)
    result = check_export(out, name, sizes, check, prompts, say)
    result = {"command": f"finetune export {source} --out {out} --check {check} --prompts {prompts}"} | result
    (out / "parity.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    _tell(made, out, False)
    if as_json:
        print(json.dumps(result, indent=1))
    else:
        _show(result)
    if not result["good"]:
        fail("The served adapter doesn't say what was trained: don't use this export.")


def _tell(made: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(made, indent=1))
        return
    for name, file in made["files"].items():
        say(f"{out / name}: {file['bytes']:,} bytes")


def _show(result: dict[str, Any]) -> None:
    for name, found in result["served"].items():
        print(
            f"{name:8} {found['prompts']} prompts: same likeliest token in {found['top1_agreement']:.1%}, "
            f"KL {found['kl_mean']:.6f} on average, {found['kl_max']:.6f} at most"
        )
