"""A row as tokens: the prompt that the live agent makes, and labels on the agent's words alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from agent.llm import chat
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.rows import Row

IGNORED = -100
"""The label of a token that isn't learned."""


@dataclass(frozen=True, slots=True)
class Encoded:
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    """The token itself where it is learned, else `IGNORED`; shifted by nobody: the loss does it."""
    opening: int = 0
    """Tokens of the system message that it begins with, the same in all rows of a business."""

    @property
    def learned(self) -> int:
        """Tokens that count in the loss; the first of a row never does."""
        return sum(label != IGNORED for label in self.labels[1:])


def encode(
    tokenizer: PreTrainedTokenizerBase, row: Row, max_tokens: int, *, truncate: bool = False
) -> Encoded:
    """`row` with labels on its last reply, or on all of them; each with the token that ends it.

    A reply's tokens are made apart from the prompt's, as when the model writes them. A longer row raises
    `DataError`, unless `truncate`: then its oldest tokens are cut, and never the last reply's.
    """
    ids: list[int] = []
    labels: list[int] = []
    for text, learned in _pieces(row.messages, row.learned == "all"):
        piece = tokenizer.encode(text, add_special_tokens=False)
        ids += piece
        labels += piece if learned else [IGNORED] * len(piece)
    reply = len(piece)  # the last piece
    if len(ids) > max_tokens and (not truncate or reply >= max_tokens):
        raise DataError(
            f"Row {row.id} has {len(ids)} tokens, {max_tokens} are allowed: raise max_tokens, shorten it, "
            "or set truncate = true to cut its start."
        )
    if len(ids) > max_tokens:
        return Encoded(tuple(ids[-max_tokens:]), tuple(labels[-max_tokens:]))
    return Encoded(tuple(ids), tuple(labels), _opening(tokenizer, row.messages, ids))


def _opening(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], ids: Sequence[int]) -> int:
    """0 where the system message's own tokens aren't those that the row begins with."""
    if messages[0].role != "system":
        return 0
    own = tokenizer.encode(chat.prompt(messages[:1], answer=False), add_special_tokens=False)
    return len(own) if list(ids[: len(own)]) == own else 0


def _pieces(messages: Sequence[Message], every: bool) -> list[tuple[str, bool]]:
    """The chat's text, cut where learned words begin and end; ends with the last reply's end mark."""
    whole = chat.prompt(messages, answer=False)
    pieces: list[tuple[str, bool]] = []
    done = 0
    for at, message in enumerate(messages):
        if message.role != "assistant" or not (every or at == len(messages) - 1):
            continue
        start = len(chat.prompt(messages[:at]))
        end = len(chat.prompt(messages[: at + 1], answer=False)) - 1  # without the newline
        pieces += [(whole[done:start], False), (whole[start:end], True)]
        done = end
    return pieces
