"""The record of a call's turns as they happen: each change is committed before the next."""

from collections.abc import Sequence

from loguru import logger

from agent.call.frames import CallerTurnFrame
from agent.call.records import CallerSpan, SentenceRecord, Store, TurnRecord
from agent.call.speech import Speech
from agent.call.turn_record import TurnKind


class TurnLog:
    """One call's turns. A turn that the caller took up again keeps its number and its sentences."""

    def __init__(self, store: Store, call_id: str) -> None:
        self._store = store
        self._call_id = call_id
        self._caller: dict[int, list[CallerSpan]] = {}
        self._transcript: dict[int, str] = {}
        self._kind: dict[int, TurnKind] = {}
        self._stages: dict[int, dict[str, int]] = {}
        self._unheard: dict[int, list[SentenceRecord]] = {}
        self._count = 0

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

    def abandon(self, turn: int, speech: Speech) -> None:
        """The caller went on before hearing anything: what was made stays listed, unheard."""
        self._unheard[turn].extend(_records(speech))

    async def save(self, turn: int, speech: Speech | None) -> None:
        """Commits the turn as it stands. A store in trouble is logged; the call goes on."""
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
        try:
            await self._store.save_turn(self._call_id, record)
        except Exception as error:
            logger.error("a turn could not be saved yet: {}", type(error).__name__)


def _joined(sentences: Sequence) -> str:
    return " ".join(sentence.text for sentence in sentences)


def _records(speech: Speech) -> tuple[SentenceRecord, ...]:
    return tuple(
        SentenceRecord.of(sentence, speech.heard(index)) for index, sentence in enumerate(speech.sentences)
    )
