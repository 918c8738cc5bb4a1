"""`agent business`: make a new one, list them, fill a demo's database, see who wants to be called back."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.business_index import index_documents
from agent.cli.console import Assignments, ConfigFiles, fail, load_settings, say

app = typer.Typer(no_args_is_help=True)
app.command("index", help="Index a business's documents, where they have changed.")(index_documents)

SEEDED = ("shop",)
"""Businesses whose database is made by a program, not by a seed.sql."""


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


@app.command("new", help="Write a new business that answers its first callers, to be changed by you.")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or the folder to make.")],
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="The name that callers hear.")] = None,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    from agent.dialogue.skeleton import new_business
    from agent.settings import resolve

    tree = load_settings(config, set_, quiet=True)
    plain = Path(name).name == name
    folder = (resolve(tree.dialogue.business_dir) / name) if plain else Path(name).absolute()
    for file in new_business(folder, title):
        print(file)
    where = name if plain else str(folder)
    _seed(folder, None, force=False)
    say(f'Next: `agent check --business {where}`, then `agent ask "Is my order ready?" --business {where}`.')


@app.command("seed", help="Make a demo's database anew: by its seed.sql, or the shop's by a number.")
def seed_database(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Businesses, by name or folder; else the shop."),
    ] = None,
    number: Annotated[
        int, typer.Option("--seed", metavar="N", help="The shop: another number, other customers.")
    ] = 7,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that dates are counted from; today as a rule."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a database that is already there.")] = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    from agent.dialogue.door import find_business

    tree = load_settings(config, set_, quiet=True)
    day = today.date() if today is not None else None
    for name in names or ["shop"]:
        _seed(find_business(tree, name), day, number=number, force=force)


@app.command("schema", help="Write the JSON schemas of a business's files, by which editors help.")
def write_schemas(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")] = Path("config/schema"),
) -> None:
    from agent.dialogue.schemas import FILES, schema_text
    from agent.settings import resolve

    target = resolve(folder)
    target.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        path = target / file.replace(".toml", ".schema.json")
        path.write_text(schema_text(file), "utf-8")
        print(path)


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


def _seed(folder: Path, today: date | None, *, number: int = 7, force: bool) -> None:
    """Makes the database of a folder, and says what is in it; one that is there stays without `force`."""
    from agent.dialogue import demo_shop, seeding
    from agent.dialogue.database import database_path
    from agent.dialogue.loader import load_profile

    profile = load_profile(folder)
    path = database_path(profile.database)
    if path is None:
        fail(f"The database of '{folder.name}' isn't a SQLite file: set `database` in its business.toml.", 2)
    if not (folder / seeding.FILE).is_file() and folder.name not in SEEDED:
        fail(f"'{folder.name}' has no demo data: write the tables and rows into {folder / seeding.FILE}.", 2)
    if path.exists() and not force:
        say(f"{path} is already there and stays as it is: give --force to replace it.")
        return
    day = today or datetime.now(profile.zone).date()
    if (folder / seeding.FILE).is_file():
        counts = seeding.seed(folder, path, day)
    else:
        counts = demo_shop.seed(path, number=number, today=day)
    listed = ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in counts.items())
    say(f"{path}: {listed}; counted from {day.isoformat()}.")
