"""What the check caught in the words of a model, from the record of calls: counts by kind, and the newest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from agent.call.schema import calls, sentences
from agent.call.turn_record import Claim


@dataclass(frozen=True, slots=True)
class CaughtSentence:
    """A sentence spoken in place of a model's, and what in the model's had no proof."""

    call_id: str
    turn: int
    started_at: datetime
    """When the call began."""
    model: str
    """What the model had written."""
    spoken: str
    refused: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Caught:
    """What was caught in all calls that were asked for."""

    calls: int
    sentences: int
    replaced: int
    kinds: Mapping[str, int]
    """Claims without proof, by kind, the commonest first."""
    newest: tuple[CaughtSentence, ...]


def read_caught(connection: Connection, business: str | None, since: datetime | None, limit: int) -> Caught:
    """Counts of the calls that began at `since` or later, and the `limit` newest sentences."""
    wanted = []
    if business is not None:
        wanted.append(calls.c.business == business)
    if since is not None:
        wanted.append(calls.c.started_at >= since)
    of_calls = select(func.count()).select_from(calls).where(*wanted)
    said = (
        select(func.count())
        .select_from(sentences.join(calls, sentences.c.call_id == calls.c.call_id))
        .where(*wanted)
    )
    query = (
        select(
            sentences.c.call_id,
            sentences.c.turn_n,
            calls.c.started_at,
            sentences.c.replaced,
            sentences.c.text,
            sentences.c.refused,
        )
        .join(calls, sentences.c.call_id == calls.c.call_id)
        .where(sentences.c.replaced.is_not(None), *wanted)
        .order_by(calls.c.started_at.desc(), sentences.c.turn_n.desc(), sentences.c.n.desc())
    )
    kinds: Counter[str] = Counter()
    newest: list[CaughtSentence] = []
    replaced = 0
    for row in connection.execute(query):
        claims = tuple(Claim(**claim) for claim in row.refused or ())
        kinds.update(claim.kind for claim in claims)
        replaced += 1
        if len(newest) < limit:
            newest.append(
                CaughtSentence(row.call_id, row.turn_n, row.started_at, row.replaced, row.text, claims)
            )
    return Caught(
        calls=connection.scalar(of_calls) or 0,
        sentences=connection.scalar(said) or 0,
        replaced=replaced,
        kinds=dict(kinds.most_common()),
        newest=tuple(newest),
    )
