"""The record of a call's turns as they happen: each change is committed in order, at once."""

import asyncio
from collections.abc import Sequence

from loguru import logger

from agent.call.frames import CallerTurnFrame
from agent.call.incoming import Tell
from agent.call.metrics import TurnCounter
from agent.call.records import CallerSpan, SentenceRecord, Store, TurnRecord
from agent.call.speech import Speech, now_ms
from agent.call.turn_record import TurnKind


class TurnLog:
    """One call's turns. A turn that the caller took up again keeps its number and its sentences.

    `tell` is told each turn as it is to be stored, `counter` each turn as it is.
    """

    def __init__(
        self, store: Store, call_id: str, counter: TurnCounter | None = None, tell: Tell | None = None
    ) -> None:
        self._store = store
        self._counter = counter
        self._tell = tell
        self.call_id = call_id
        self._caller: dict[int, list[CallerSpan]] = {}
        self._transcript: dict[int, str] = {}
        self._kind: dict[int, TurnKind] = {}
        self._stages: dict[int, dict[str, int]] = {}
        self._unheard: dict[int, list[SentenceRecord]] = {}
        self._speech: dict[int, Speech | None] = {}
        self._sounded_at_ms: dict[int, float] = {}
        self._count = 0
        self._commits: set[asyncio.Task[None]] = set()

    def open(self, kind: TurnKind) -> int:
        """The number of a new turn, from 0."""
        number = self._count
        self._count += 1
        self._caller[number], self._transcript[number] = [], ""
        self._kind[number], self._stages[number], self._unheard[number] = kind, {}, []
        return number

    def caller(self, turn: int, frame: CallerTurnFrame, text: str) -> None:
        """What the caller did in the turn; `text` is the whole of it."""
        self._caller[turn].extend(frame.spans)
        self._transcript[turn] = text
        self._stages[turn].update(frame.stages_ms)

    def stage(self, turn: int, name: str, took_ms: int) -> None:
        self._stages[turn][name] = took_ms

    def sounded(self, turn: int, took_ms: int) -> None:
        """The turn's first sound is made, `took_ms` after the words were asked for."""
        self._stages[turn]["first_sound"] = took_ms
        self._sounded_at_ms[turn] = now_ms()

    def begun(self, turn: int, at_ms: float) -> None:
        """The caller began to hear the turn's sound at this moment of `now_ms`."""
        if turn in self._sounded_at_ms:
            took_ms = at_ms - self._sounded_at_ms.pop(turn)
            self._stages[turn]["transport"] = max(0, round(took_ms))
            self.save(turn, self._speech[turn])

    def abandon(self, turn: int, speech: Speech) -> None:
        """The caller went on before hearing anything: what was made stays listed, unheard."""
        self._unheard[turn].extend(_records(speech))

    def abandoned(self, turn: int) -> int:
        """How many sentences of the turn were made for an answer that was taken back."""
        return len(self._unheard[turn])

    def save(self, turn: int, speech: Speech | None) -> None:
        """Has the turn committed as it stands, in order; nobody waits for the disk."""
        self._speech[turn] = speech
        sentences = tuple(self._unheard[turn]) + (_records(speech) if speech else ())
        record = TurnRecord(
            n=turn,
            kind=self._kind[turn],
            caller=tuple(self._caller[turn]),
            transcript=self._transcript[turn],
            intent=speech.reply.intent if speech else None,
            slots=dict(speech.reply.slots) if speech else {},
            text=_joined(speech.sentences) if speech else "",
            heard_text=speech.heard_text() if speech else "",
            interrupted=speech.interrupted if speech else False,
            sentences=sentences,
            stages_ms={**self._stages[turn], **(speech.reply.stages_ms if speech else {})},
        )
        if self._counter is not None:
            self._counter.changed(record)
        task = asyncio.create_task(self._commit(record), name=f"record of call {self.call_id}")
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def settled(self) -> None:
        """Returns when all that was saved is committed, or kept by the store to be tried again."""
        if self._counter is not None:
            self._counter.settled()
        await asyncio.gather(*self._commits)

    async def _commit(self, record: TurnRecord) -> None:
        try:
            await self._store.save_turn(self.call_id, record, self._tell_kept)
        except Exception as error:
            logger.error("a turn could not be saved: {}", type(error).__name__)

    def _tell_kept(self, record: TurnRecord) -> None:
        if self._tell is not None:
            self._tell("turn", {"turn": record.document()})


def _joined(sentences: Sequence) -> str:
    return " ".join(sentence.text for sentence in sentences)


def _records(speech: Speech) -> tuple[SentenceRecord, ...]:
    return tuple(
        SentenceRecord.of(sentence, speech.heard(index)) for index, sentence in enumerate(speech.sentences)
    )
