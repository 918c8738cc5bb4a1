"""`agent business`: list the businesses, fill a demo's database, see who wants to be called back."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say

app = typer.Typer(no_args_is_help=True)

SEEDED = ("shop",)
"""Businesses whose database can be made from a seed."""


@app.command("list", help="List the businesses: name, title, numbers.")
def list_businesses(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    from agent.dialogue.door import businesses
    from agent.dialogue.loader import load_business

    tree = load_settings(config, set_, quiet=True)
    rows = []
    for name, folder in businesses(tree).items():
        profile = load_business(folder).profile
        rows.append({"name": name, "title": profile.name, "numbers": profile.numbers, "folder": str(folder)})
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['name']}\t{row['title']}\t{', '.join(row['numbers'])}")


@app.command("seed", help="Make a demo's database anew, the same for the same seed and day.")
def seed_database(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The business.")] = "shop",
    number: Annotated[int, typer.Option("--seed", metavar="N", help="Another number, other customers.")] = 7,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that orders are counted from; today as a rule."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a database that is already there.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    from agent.dialogue.database import database_path
    from agent.dialogue.demo_shop import seed
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import load_business

    tree = load_settings(config, set_, quiet=True)
    business = load_business(find_business(tree, name))
    if business.id not in SEEDED:
        fail(f"'{name}' has no demo data: only {', '.join(SEEDED)} can be seeded.", 2)
    path = database_path(business.profile.database)
    if path is None:
        fail(f"The database of '{name}' isn't a SQLite file: set `database` in its business.toml.", 2)
    if path.exists() and not force:
        say(f"{path} is already there and stays as it is: give --force to replace it.")
        return
    day = today.date() if today is not None else datetime.now(business.profile.zone).date()
    _told(path, day, seed(path, number=number, today=day))


@app.command("callbacks", help="List who wants to be called back, or mark one as done.")
def list_callbacks(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The business.")] = "shop",
    done: Annotated[int | None, typer.Option(metavar="ID", help="This one was called.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="List those that were called too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    from agent.dialogue.callbacks import Callbacks
    from agent.dialogue.door import find_business
    from agent.dialogue.loader import load_business

    tree = load_settings(config, set_, quiet=True)
    with Callbacks(load_business(find_business(tree, name))) as callbacks:
        if done is not None:
            if not callbacks.mark_done(done):
                fail(f"No call-back {done} is open: `agent business callbacks {name}` lists them.", 1)
            say(f"call-back {done} is done.")
            return
        rows = callbacks.rows(everything=everything)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        say("Nobody waits to be called back.")
    for row in rows:
        print("\t".join(str(row[key] or "") for key in ("id", "number", "asked_at", "reason", "state")))


def _told(path: Path, day: date, counts: dict[str, int]) -> None:
    listed = ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in counts.items())
    say(f"{path}: {listed}; counted from {day.isoformat()}.")
