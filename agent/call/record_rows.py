"""The rows of a call: turn records written to the tables, documents read from them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from agent.call.masking import mask, mask_value
from agent.call.schema import calls, facts, sentences, stages, turns
from agent.call.turn_record import CallerSpan, CallRow, Claim, SentenceRecord, TurnRecord


def put_call(connection: Connection, row: dict[str, Any]) -> None:
    """Stores a call's beginning; a call that is there already stays as it is."""
    known = connection.execute(select(calls.c.call_id).where(calls.c.call_id == row["call_id"])).first()
    if known is None:
        connection.execute(insert(calls), row)


def put_end(connection: Connection, call_id: str, end: dict[str, Any]) -> None:
    connection.execute(update(calls).where(calls.c.call_id == call_id).values(**end))


def put_turn(connection: Connection, call_id: str, turn: TurnRecord) -> None:
    """Stores a turn with all its parts in place of what was stored of it."""
    connection.execute(delete(turns).where(turns.c.call_id == call_id, turns.c.n == turn.n))
    connection.execute(
        insert(turns),
        {
            "call_id": call_id,
            "n": turn.n,
            "kind": turn.kind,
            "caller": [asdict(span) for span in turn.caller],
            "transcript": turn.transcript,
            "intent": turn.intent,
            "slots": dict(turn.slots),
            "text": turn.text,
            "heard_text": turn.heard_text,
            "interrupted": turn.interrupted,
        },
    )
    place = {"call_id": call_id, "turn_n": turn.n}
    _insert(connection, sentences, (_sentence(place, n, s) for n, s in enumerate(turn.sentences)))
    _insert(
        connection,
        facts,
        (
            {**place, "sentence_n": s, "n": n, "name": name, "value": value, "source": source}
            for s, sentence in enumerate(turn.sentences)
            for n, (name, value, source) in enumerate(sentence.facts)
        ),
    )
    _insert(
        connection, stages, ({**place, "name": name, "ms": int(ms)} for name, ms in turn.stages_ms.items())
    )


def masked(turn: TurnRecord, transcript: str | None = None) -> TurnRecord:
    """The turn with each card number masked. `transcript`: one that is masked already."""
    return TurnRecord(
        n=turn.n,
        kind=turn.kind,
        caller=turn.caller,
        transcript=mask(turn.transcript) if transcript is None else transcript,
        intent=turn.intent,
        slots=mask_value(turn.slots),
        text=mask(turn.text),
        heard_text=mask(turn.heard_text),
        interrupted=turn.interrupted,
        sentences=tuple(
            SentenceRecord(
                text=mask(sentence.text),
                kind=sentence.kind,
                verdict=sentence.verdict,
                heard=sentence.heard,
                replaced=None if sentence.replaced is None else mask(sentence.replaced),
                facts=tuple((name, mask(value), mask(source)) for name, value, source in sentence.facts),
                phrase=sentence.phrase,
                claims=_masked(sentence.claims),
                refused=_masked(sentence.refused),
            )
            for sentence in turn.sentences
        ),
        stages_ms=dict(turn.stages_ms),
    )


def _masked(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(replace(claim, text=mask(claim.text)) for claim in claims)


def read_document(connection: Connection, call_id: str) -> tuple[str | None, dict[str, Any]] | None:
    """(the token's hash, the call as docs/protocol.md gives it); None for an unknown call."""
    call = connection.execute(select(calls).where(calls.c.call_id == call_id)).mappings().first()
    if call is None:
        return None
    parts = _parts(connection, call_id)
    rows = connection.execute(select(turns).where(turns.c.call_id == call_id).order_by(turns.c.n)).mappings()
    return call["token_sha256"], {
        "schema": 1,
        "call_id": call["call_id"],
        "business": call["business"],
        "provider": call["provider"],
        "started_at": call["started_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ended_by": call["ended_by"],
        "duration_ms": call["duration_ms"],
        "turns": [_turn(row, *parts[row["n"]]).document() for row in rows],
    }


def read_calls(connection: Connection, limit: int, business: str | None) -> list[CallRow]:
    """The newest calls first."""
    count = (
        select(func.count()).select_from(turns).where(turns.c.call_id == calls.c.call_id).scalar_subquery()
    )
    replaced = (
        select(func.count())
        .select_from(sentences)
        .where(sentences.c.call_id == calls.c.call_id, sentences.c.replaced.is_not(None))
        .scalar_subquery()
    )
    query: Select[Any] = select(
        calls.c.call_id,
        calls.c.business,
        calls.c.provider,
        calls.c.caller,
        calls.c.called,
        calls.c.started_at,
        calls.c.ended_by,
        calls.c.duration_ms,
        count,
        calls.c.recording,
        replaced,
    )
    if business is not None:
        query = query.where(calls.c.business == business)
    query = query.order_by(calls.c.started_at.desc(), calls.c.call_id).limit(limit)
    return [CallRow(*row) for row in connection.execute(query)]


def read_old(connection: Connection, before: datetime) -> list[str]:
    """Ids of the calls that began before a moment."""
    return list(connection.scalars(select(calls.c.call_id).where(calls.c.started_at < before)))


def read_open(connection: Connection) -> list[tuple[str, str]]:
    """(id, owner) of the calls that have not ended."""
    rows = connection.execute(select(calls.c.call_id, calls.c.owner).where(calls.c.ended_by.is_(None)))
    return [(row[0], row[1]) for row in rows]


def read_recording(connection: Connection, call_id: str) -> tuple[bool, str | None]:
    """(whether the call is known, its WAV's name)"""
    row = connection.execute(select(calls.c.recording).where(calls.c.call_id == call_id)).first()
    return row is not None, None if row is None else row[0]


def remove(connection: Connection, call_ids: Sequence[str]) -> int:
    """Deletes calls with all their rows; how many there were."""
    count = 0
    for call_id in call_ids:
        count += connection.execute(delete(calls).where(calls.c.call_id == call_id)).rowcount
    return count


def _sentence(place: dict[str, Any], n: int, sentence: SentenceRecord) -> dict[str, Any]:
    return {
        **place,
        "n": n,
        "text": sentence.text,
        "kind": sentence.kind,
        "verdict": sentence.verdict,
        "heard": sentence.heard,
        "replaced": sentence.replaced,
        "phrase": sentence.phrase,
        "claims": [asdict(claim) for claim in sentence.claims],
        "refused": [asdict(claim) for claim in sentence.refused],
    }


def _claims(kept: list[dict[str, Any]] | None) -> tuple[Claim, ...]:
    """Rows of before migration 0002 have none."""
    return tuple(Claim(**claim) for claim in kept or ())


def _insert(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        connection.execute(insert(table), values)


def _turn(row: RowMapping, spoken: list[SentenceRecord], took: dict[str, int]) -> TurnRecord:
    return TurnRecord(
        n=row["n"],
        kind=row["kind"],
        caller=tuple(CallerSpan(**span) for span in row["caller"]),
        transcript=row["transcript"],
        intent=row["intent"],
        slots=row["slots"],
        text=row["text"],
        heard_text=row["heard_text"],
        interrupted=row["interrupted"],
        sentences=tuple(spoken),
        stages_ms=took,
    )


def _parts(connection: Connection, call_id: str) -> dict[int, tuple[list[SentenceRecord], dict[str, int]]]:
    """Turn number -> its sentences with their facts, and its stages."""
    parts: dict[int, tuple[list[SentenceRecord], dict[str, int]]] = defaultdict(lambda: ([], {}))
    proofs: dict[tuple[int, int], list[tuple[str, str, str]]] = defaultdict(list)
    query = select(facts).where(facts.c.call_id == call_id)
    for row in connection.execute(query.order_by(facts.c.turn_n, facts.c.sentence_n, facts.c.n)):
        proofs[row.turn_n, row.sentence_n].append((row.name, row.value, row.source))
    query = select(sentences).where(sentences.c.call_id == call_id)
    for row in connection.execute(query.order_by(sentences.c.turn_n, sentences.c.n)):
        proof = tuple(proofs[row.turn_n, row.n])
        parts[row.turn_n][0].append(
            SentenceRecord(
                row.text,
                row.kind,
                row.verdict,
                row.heard,
                row.replaced,
                proof,
                row.phrase,
                _claims(row.claims),
                _claims(row.refused),
            )
        )
    query = select(stages).where(stages.c.call_id == call_id)
    for row in connection.execute(query.order_by(stages.c.turn_n, stages.c.name)):
        parts[row.turn_n][1][row.name] = row.ms
    return parts
