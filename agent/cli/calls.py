"""`agent calls`: list, show, delete and purge the records of calls."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from agent.cli.calls_view import print_call, print_caught, print_list
from agent.cli.console import Assignments, ConfigFiles, fail, load_settings

if TYPE_CHECKING:
    from agent.call.records import Store
    from agent.settings import Tree

app = typer.Typer(no_args_is_help=True)

CallId = Annotated[str, typer.Argument(metavar="ID", help="A call's id, as `agent calls list` gives it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
T = TypeVar("T")


@app.command("list", help="List calls, the newest first.")
def list_calls(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many.")] = 50,
    business: Annotated[str | None, typer.Option(help="Of one business only.")] = None,
    as_json: AsJson = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    tree = load_settings(config, set_, quiet=True)
    rows = _with_store(tree, lambda store: store.list(limit, business))
    if not as_json:
        print_list(rows)
        return
    print(
        json.dumps(
            [
                {
                    "call_id": row.call_id,
                    "business": row.business,
                    "provider": row.provider,
                    "caller": row.caller,
                    "called": row.called,
                    "started_at": _moment(row.started_at),
                    "ended_by": row.ended_by,
                    "duration_ms": row.duration_ms,
                    "turns": row.turns,
                    "recording": row.recording,
                    "replaced": row.replaced,
                }
                for row in rows
            ],
            ensure_ascii=False,
        )
    )


@app.command("show", help="Show a call: what was said, how it was proven, how long it took.")
def show(
    call_id: CallId,
    as_json: AsJson = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    tree = load_settings(config, set_, quiet=True)

    async def read(store: "Store") -> tuple[dict[str, Any] | None, Any]:
        return await store.document(call_id), await store.recording(call_id)

    document, recording = _with_store(tree, read)
    if document is None:
        fail(_unknown(call_id))
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print_call(document, recording)


@app.command("caught", help="Show what a model made up and the check kept back, by kind.")
def caught(
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="How many sentences, the newest.")] = 10,
    days: Annotated[int | None, typer.Option(min=1, help="Of the calls of so many days only.")] = None,
    business: Annotated[str | None, typer.Option(help="Of one business only.")] = None,
    as_json: AsJson = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    tree = load_settings(config, set_, quiet=True)
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    found = _with_store(tree, lambda store: store.caught(business, since, limit))
    if not as_json:
        print_caught(found)
        return
    document = asdict(found)
    for sentence in document["newest"]:
        sentence["started_at"] = _moment(sentence["started_at"])
    print(json.dumps(document, ensure_ascii=False))


@app.command("delete", help="Delete a call: its record and its recording.")
def delete(
    call_id: CallId,
    as_json: AsJson = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    tree = load_settings(config, set_, quiet=True)
    if not _with_store(tree, lambda store: store.delete(call_id)):
        fail(_unknown(call_id))
    print(json.dumps({"deleted": [call_id]}) if as_json else f"Deleted {call_id}.")


@app.command("purge", help="Delete the calls older than records.retention_days.")
def purge(
    as_json: AsJson = False,
    config: ConfigFiles = None,
    set_: Assignments = None,
) -> None:
    tree = load_settings(config, set_, quiet=True)
    days = tree.records.retention_days
    count = _with_store(tree, lambda store: store.purge(days))
    if as_json:
        print(json.dumps({"deleted": count, "retention_days": days}))
    elif days == 0:
        print("Nothing was deleted: records.retention_days is 0, which keeps all calls.")
    else:
        print(f"Deleted {count} calls older than {days} days.")


def _with_store(tree: "Tree", use: Callable[["Store"], Awaitable[T]]) -> T:
    """What `use` gives for the store of the settings; a database that isn't there is an error."""
    from agent.call.records import Store

    async def run() -> T:
        store = Store.open(tree.records, create=False)
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unknown(call_id: str) -> str:
    return f"There is no call {call_id}: `agent calls list` shows the ids."
