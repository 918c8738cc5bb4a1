"""Asks a business its questions over a seeded copy of its database, and judges what was said."""

import re
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from agent.dialogue.business import REQUIRED_PHRASES, Business, BusinessError
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.database import copy_database
from agent.dialogue.demo_shop import seed as seed_shop
from agent.dialogue.door import BusinessDialogue, find_business, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.dialogue.evaluation_atoms import atoms, told, unknown
from agent.dialogue.evaluation_questions import Question, Questions
from agent.dialogue.knowledge import FOLDER
from agent.dialogue.loader import load_profile
from agent.dialogue.opening_hours import regular_hours
from agent.dialogue.protocol import Reply, Sentence
from agent.dialogue.seeding import FILE as SEED_FILE
from agent.dialogue.seeding import seed
from agent.llm import AdapterEngines
from agent.settings import Tree

LONGEST_TALK = 14
"""Turns of one question."""
GENERIC = {*REQUIRED_PHRASES, "human_hours", "callback_offer", "english_only", "calm", "how_can_i_help"}
"""Phrases that tell nothing about what was asked."""
_NAME = re.compile(r"[A-Z][\w'.&-]{2,}(?: [A-Z0-9][\w'.&-]*)*")


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller said, and every sentence of the reply."""

    caller: str
    sentences: tuple[Sentence, ...]

    @property
    def said(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question as it went."""

    question: Question
    turns: tuple[Turn, ...]
    false: tuple[str, ...]
    """What was said and is nowhere in what may be said."""
    missing: tuple[str, ...]
    """What should have been said."""

    @property
    def right(self) -> bool:
        return not self.false and not self.missing

    @property
    def said(self) -> str:
        return " ".join(turn.said for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Stage:
    """A business that can be asked."""

    dialogue: BusinessDialogue
    database: Path
    """The copy that it runs on."""
    folder: Path


@contextmanager
def seeded(
    settings: Tree,
    name: str,
    day: date | None,
    at: datetime,
    embedder: Embedder | None = None,
    engines: AdapterEngines | None = None,
) -> Iterator[Stage]:
    """A business whose clock stands at `at`, over a copy of its database: a demo's is seeded for `day`.
    `engines` word its answers where the settings say so. Raises `BusinessError` where the database isn't
    SQLite."""
    folder = find_business(settings, name)
    with tempfile.TemporaryDirectory(prefix="ringdown-eval-") as temporary:
        path = Path(temporary) / f"{folder.name}.db"
        if day is not None and (folder / SEED_FILE).is_file():
            seed(folder, path, day)
        elif day is not None and folder.name == "shop":
            seed_shop(path, today=day)
        else:
            copy = copy_database(load_profile(folder).database, folder.name, Path(temporary))
            if copy is None:
                raise BusinessError(f"the database of '{folder.name}' isn't SQLite, and can't be copied.")
            path = Path(copy.removeprefix("sqlite:///"))
        dialogue = open_dialogue(
            settings,
            str(folder),
            engines,
            embedder=embedder,
            clock=lambda: at,
            database_url=f"sqlite:///{path}",
        )
        try:
            dialogue.read_documents()
            yield Stage(dialogue, path, folder)
        finally:
            dialogue.close()


class Caller:
    """Answers what the agent asks back, as the question's person would."""

    def __init__(self, business: Business, question: Question, person: dict[str, str]) -> None:
        self._question = question
        self._answers: dict[str, str] = {}
        for name, slot in business.slots.items():
            asked = person.get(name)
            for phrase in (slot.ask, slot.ask_again):
                if asked is not None:
                    self._answers.setdefault(phrase, asked)
            if slot.confirm is not None:
                self._answers[slot.confirm] = "yes"
        for tool in business.tools.values():
            if tool.write is not None:
                self._answers[tool.write.confirm] = "yes" if question.agree else "no"
            if tool.listing is not None:
                self._answers[tool.listing.more] = "yes" if question.go_on else "no"

    def answer(self, sentences: Sequence[Sentence]) -> str | None:
        """What is said to the last question; None where it asks for nothing that the caller knows."""
        asked = [one for one in sentences if one.kind == "question"]
        return self._answers.get(str(asked[-1].phrase)) if asked else None


async def talk(conversation: BusinessConversation, caller: Caller, asks: Sequence[str]) -> tuple[Turn, ...]:
    """Asks in turn; each question of the agent's is answered before the next one is asked."""
    waiting = list(asks)
    turns: list[Turn] = []
    text: str | None = waiting.pop(0)
    while text is not None and len(turns) < LONGEST_TALK:
        reply: Reply = await conversation.respond(text)
        sentences = tuple([sentence async for sentence in reply.sentences])
        turns.append(Turn(text, sentences))
        if reply.ends_call:
            break
        text = caller.answer(sentences)
        if text is None and waiting:
            text = waiting.pop(0)
    return tuple(turns)


async def ask(stage: Stage, questions: Questions, one: Question) -> Judged:
    """A question, asked and judged. What is changed by it stays in the database."""
    dialogue, database = stage.dialogue, stage.database
    business = dialogue.shared.business
    person = questions.people.get(one.person or "", {})
    row = _row(database, one.sql)
    turns = await talk(dialogue.open(), Caller(business, one, person), one.ask)
    sentences = [sentence for turn in turns for sentence in turn.sentences]
    said = " ".join(turn.said for turn in turns)
    allowed = [*row.values(), *one.may, *person.values(), *(turn.caller for turn in turns)]
    allowed += _own(business) + _documents(stage, one.documents)
    false = unknown(atoms(said), set().union(*(atoms(text) for text in allowed)))
    false += _strange_names(said, database, allowed)
    false += [found[0] for pattern in one.never if (found := re.search(pattern, said, re.I))]
    if not one.answerable:
        false += [sentence.text for sentence in sentences if _answers(sentence, one)]
    missing = [column for column in one.tell if not told(row.get(column, "?"), said)]
    missing += [pattern for pattern in one.say if not re.search(pattern, said, re.I)]
    return Judged(one, turns, tuple(false), tuple(missing))


def moment(questions: Questions, profile_zone: str) -> datetime:
    """When the questions are asked."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(profile_zone)
    day = questions.day or datetime.now(zone).date()
    return datetime.combine(day, questions.at, zone)


def _answers(sentence: Sentence, one: Question) -> bool:
    """Whether a sentence answers what nobody here knows."""
    if sentence.kind != "answer" or sentence.phrase in GENERIC:
        return False
    return sentence.phrase not in one.phrases


def _row(database: Path, sql: str | None) -> dict[str, str]:
    if sql is None:
        return {}
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            row = connection.execute(sql).fetchone()
        except sqlite3.Error as error:
            raise BusinessError(f"questions.yaml: '{sql}': SQLite says: {error}") from None
    if row is None:
        raise BusinessError(f"questions.yaml: '{sql}' gives no row.")
    return {name: str(row[name]) for name in row.keys() if row[name] is not None}  # noqa: SIM118


def _own(business: Business) -> list[str]:
    """What a business says of itself anywhere."""
    profile = business.profile
    own = [profile.name, *profile.greeting, *(fact.value for fact in profile.facts.values())]
    own += [profile.human.phone or "", regular_hours(profile)]
    return own + [f"{opening.opens:%H:%M} {opening.closes:%H:%M}" for opening in profile.hours.values()]


def _documents(stage: Stage, names: Sequence[str]) -> list[str]:
    known = stage.dialogue.shared.phrases.known
    texts = [(stage.folder / FOLDER / name).read_text("utf-8") for name in names]
    return [
        re.sub(r"\{(\w+)\}", lambda m: known[m[1]].written if m[1] in known else m[0], text) for text in texts
    ]


def _strange_names(said: str, database: Path, allowed: Sequence[str]) -> list[str]:
    """Names of the database that were said and aren't among what may be said."""
    known = " ".join(allowed).lower()
    return [name for name in _names(database) if name in said and name.lower() not in known]


def _names(database: Path) -> set[str]:
    """Texts of the database that are names: with a capital, without a digit."""
    names: set[str] = set()
    with closing(sqlite3.connect(database)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                names |= {cell for cell in row if isinstance(cell, str) and _NAME.fullmatch(cell)}
    return names
