"""Retention in a running server."""

import asyncio

from prometheus_client import CollectorRegistry

from agent.call.records import RecordsError
from agent.cli import serve
from agent.settings.tree import Tree


class Stuck:
    """A store whose old calls can't be deleted the first time."""

    def __init__(self) -> None:
        self.tries = 0
        self.twice = asyncio.Event()

    async def purge(self, retention_days: int) -> int:
        self.tries += 1
        if self.tries == 1:
            raise RecordsError("The calls can't be deleted.")
        self.twice.set()
        return 0


async def test_old_calls_that_cannot_be_deleted_do_not_end_the_server(monkeypatch):
    monkeypatch.setattr(serve, "PURGE_EVERY_S", 0)
    store = Stuck()
    purging = asyncio.create_task(serve.House(Tree(), store, CollectorRegistry()).purge())
    await asyncio.wait_for(store.twice.wait(), 5)
    purging.cancel()
