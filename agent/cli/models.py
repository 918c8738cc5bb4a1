"""`agent models`: list, verify and pull the weights."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, load_settings, say

if TYPE_CHECKING:
    from agent.models.manifest import Weight

app = typer.Typer(no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; all, when left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _looked_at(weights: "list[Weight]", models_dir: Any, rehash: bool) -> list[dict[str, Any]]:
    """A row for each weight: name, licence, bytes, state, problems."""
    from agent.models.verify import inspect, state_of

    rows = []
    for weight in weights:
        findings = inspect(weight, models_dir, rehash=rehash)
        rows.append(
            {
                "name": weight.name,
                "about": weight.about,
                "licence": weight.licence,
                "bytes": weight.bytes,
                "state": state_of(findings),
                "bundled": weight.home is not None,
                "optional": weight.optional,
                "problems": [finding.problem for finding in findings if finding.problem],
            }
        )
    return rows


@app.command("list")
def list_(
    names: Names = None, config: ConfigFiles = None, set_: Assignments = None, as_json: Json = False
) -> None:
    """Name, licence, size and state of each weight (ok, missing, partial, wrong; optional: by name)."""
    from agent.models.pull import chosen
    from agent.settings import resolve

    settings = load_settings(config, set_, quiet=True).models
    rows = _looked_at(chosen(settings, names or ()), resolve(settings.dir), rehash=False)
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        size = f"{row['bytes'] / 1e6:.0f} MB"
        state = "optional" if row["optional"] and row["state"] == "missing" else row["state"]
        print(f"{row['name']:<22} {state:<8} {size:>7}  {row['licence']:<13} {row['about']}")


@app.command()
def verify(
    names: Names = None, config: ConfigFiles = None, set_: Assignments = None, as_json: Json = False
) -> None:
    """Read every byte again and compare; exit 1 and say what is wrong."""
    from agent.models.pull import chosen
    from agent.settings import resolve

    settings = load_settings(config, set_, quiet=True).models
    rows = _looked_at(chosen(settings, names or ()), resolve(settings.dir), rehash=True)
    if not names:  # what is optional and was never pulled is no mistake
        rows = [row for row in rows if not (row["optional"] and row["state"] == "missing")]
    problems = [problem for row in rows for problem in row["problems"]]
    if as_json:
        print(json.dumps(rows, indent=2))
    elif not problems:
        print(f"Whole: {', '.join(row['name'] for row in rows)}.")
    for problem in problems:
        say(problem)
    if problems:
        raise SystemExit(1)


@app.command()
def pull(
    names: Names = None, config: ConfigFiles = None, set_: Assignments = None, as_json: Json = False
) -> None:
    """Bring what is missing or wrong, resumed where a pull stopped; optional weights by their names."""
    from agent.models.pull import lacking
    from agent.models.pull import pull as bring

    settings = load_settings(config, set_, quiet=True).models
    pulled: list[str] = []
    if lacks := lacking(settings, names or ()):
        from agent.models.progress import bars

        with bars() as progress:
            pulled = bring(settings, lacks, progress)
    if as_json:
        print(json.dumps({"pulled": pulled}))
    else:
        print(f"Pulled: {', '.join(pulled)}." if pulled else "Everything is here.")
