"""Earlier calls of the same person, read from the record of calls."""

import hashlib
from collections.abc import Sequence

from loguru import logger
from sqlalchemy import Connection, delete, insert, select

from agent.call.records import RecordsError, Store
from agent.call.schema import calls, identities, turns
from agent.dialogue.earlier_calls import EarlierTurn


class EarlierTurns:
    """The record of calls as a conversation may look back into it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def earlier(self, business: str, identity: str, most: int) -> Sequence[EarlierTurn]:
        """The turns of calls that have ended in which the caller was `identity`, the newest first; none
        where the record can't be read."""
        key = hashed(business, identity)
        try:
            return await self._store.read(lambda connection: read_earlier(connection, key, most))
        except RecordsError as error:
            logger.warning("earlier calls can't be read: {}", error)
            return ()

    async def keep(self, call_id: str, business: str, identity: str) -> bool:
        """Stores who the caller of a call was identified as. True when it is committed."""
        key = hashed(business, identity)
        return await self._store.write(
            ("identity", call_id), lambda connection: put_identity(connection, call_id, key)
        )


def hashed(business: str, identity: str) -> str:
    """What is stored of an identity: the same person of the same business has the same."""
    return hashlib.sha256(f"{business}\0{identity}".encode()).hexdigest()


def put_identity(connection: Connection, call_id: str, key: str) -> None:
    connection.execute(delete(identities).where(identities.c.call_id == call_id))
    connection.execute(insert(identities), {"call_id": call_id, "identity_sha256": key})


def read_earlier(connection: Connection, key: str, most: int) -> list[EarlierTurn]:
    """The newest turns of the person with that key in calls that have ended."""
    query = (
        select(turns.c.call_id, turns.c.n, calls.c.started_at, turns.c.transcript, turns.c.heard_text)
        .join(calls, calls.c.call_id == turns.c.call_id)
        .join(identities, identities.c.call_id == calls.c.call_id)
        .where(identities.c.identity_sha256 == key, calls.c.ended_by.is_not(None))
        .where(turns.c.transcript != "", turns.c.heard_text != "")
        .order_by(calls.c.started_at.desc(), turns.c.n.desc())
        .limit(most)
    )
    return [EarlierTurn(*row) for row in connection.execute(query)]
