"""What is checked of every row before it is learned from: roles, names, length, and that it stands once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from agent.dialogue.intents import normal
from agent.dialogue.responder import NAME
from agent.llm import chat
from agent.llm.protocol import Message
from finetune.data.progress import Progress, quietly
from finetune.data.rows import Row

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Texts -> how many tokens each has, in the vocabulary of the base."""
BLOCK_ROWS = 512


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that isn't taken, and why."""

    place: str
    """Its file and line, or its id."""
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(slots=True)
class Checked:
    rows: list[Row] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    """Id of a row -> its length, in the vocabulary of the base."""
    refused: list[Refused] = field(default_factory=list)
    duplicates: int = 0
    """Rows left out because the same chat stands before them."""
    truncated: int = 0
    """Rows whose oldest turns were left out."""


def check(
    rows: Iterable[Row],
    count: CountTokens,
    max_tokens: int,
    *,
    allow_truncation: bool = False,
    progress: Progress = quietly,
) -> Checked:
    """The rows that can be learned from, with their lengths; each other one is named, or is a duplicate.

    The oldest turns of a longer row than `max_tokens` are cut with `allow_truncation`.
    """
    checked = Checked()
    known: set[tuple[Message, ...]] = set()
    sound: list[Row] = []
    ids: set[str] = set()
    for row in rows:
        if (why := mistake(row)) is not None:
            checked.refused.append(Refused(row.id, why))
        elif row.messages in known:
            checked.duplicates += 1
        elif row.id in ids:
            checked.refused.append(Refused(row.id, "the id stands twice; each row has its own"))
        else:
            sound.append(row)
            known.add(row.messages)
        ids.add(row.id)
    blocks = [sound[start : start + BLOCK_ROWS] for start in range(0, len(sound), BLOCK_ROWS)]
    for block in progress(blocks, "lengths"):
        lengths = count([chat.prompt(row.messages, answer=False) for row in block])
        for row, length in zip(block, lengths, strict=True):
            _add(checked, row, length, count, max_tokens, allow_truncation)
    return checked


def mistake(row: Row) -> str | None:
    """What is wrong with a row's roles, words or names, as a sentence; None where nothing is."""
    turns = row.messages[1:] if row.messages and row.messages[0].role == "system" else row.messages
    if not turns or turns[-1].role != "assistant":
        return "the last message isn't the assistant's: end each chat with the reply to learn"
    for place, message in enumerate(turns):
        wanted = "user" if place % 2 == 0 else "assistant"
        if message.role != wanted:
            return (
                f"message {place + 1} is the {message.role}'s where the {wanted}'s should stand: "
                "user and assistant take turns, after at most one system message"
            )
        if not message.content.strip():
            return f"message {place + 1} is empty"
    if any(chat.plain(message.content) != message.content for message in row.messages):
        return "it holds marks of a prompt, such as <|im_end|>: take them out"
    learned = [message.content for message in turns if message.role == "assistant"]
    named = set(NAME.findall(" ".join(learned if row.learned == "all" else learned[-1:])))
    if strange := named - set(row.facts):
        return f"the reply names {{{min(strange)}}}, which is none of its facts"
    if missing := set(row.needed) - set(NAME.findall(row.reply)):
        return f"the reply lacks {{{min(missing)}}}, which it needs"
    return None


def same_words(row: Row) -> str:
    """What makes two rows near-duplicates: what was asked for and the reply, bare of case and signs."""
    asked = row.messages[-2].content if len(row.messages) > 1 else ""
    return f"{normal(asked.rpartition('Say: ')[2])}|{normal(row.reply)}"


def shorter(row: Row) -> Row | None:
    """The row without its oldest turn; None where only the last is left."""
    start = 1 if row.messages[0].role == "system" else 0
    if len(row.messages) - start <= 2:
        return None
    return replace(row, messages=(*row.messages[:start], *row.messages[start + 2 :]))


def _add(
    checked: Checked, row: Row, length: int, count: CountTokens, max_tokens: int, allow_truncation: bool
) -> None:
    cut: Row | None = row
    whole = length
    while cut is not None and length > max_tokens and allow_truncation:
        cut = shorter(cut)
        if cut is not None:
            length = count([chat.prompt(cut.messages, answer=False)])[0]
    if cut is None or length > max_tokens:
        why = f"it has {whole} tokens, {max_tokens} are allowed: "
        why += (
            "its last turn alone is too long, so shorten it"
            if cut is None
            else ("shorten it, raise --max-tokens, or let its oldest turns be cut with --allow-truncation")
        )
        checked.refused.append(Refused(row.id, why))
        return
    checked.truncated += cut is not row
    checked.rows.append(cut)
    checked.tokens[cut.id] = length
