"""A row as tokens: the live agent's own prompt, labels on the agent's words, and no silent cut."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

from agent.dialogue.prompts import act, asked
from agent.dialogue.state import Exchange
from agent.llm import chat
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.rows import Row
from finetune.train.base import BaseError, load_base
from finetune.train.encoding import IGNORED, encode

HISTORY = [Exchange("Hello.", "Hello, how can I help?")]
ROW = Row(
    id="shop-1",
    messages=(
        *asked("You are a shop.", [act("ship_date", "{ship_date}")], "Where is it?", HISTORY),
        Message("assistant", "It was shipped on {ship_date}."),
    ),
    source="shop",
    business="shop",
    scenario="order_status",
    category="orders",
)


def learned(tokenizer: PreTrainedTokenizerBase, labels: tuple[int, ...]) -> str:
    return str(tokenizer.decode([label for label in labels if label != IGNORED]))


def test_what_comes_before_the_reply_is_the_live_prompt(tokenizer: PreTrainedTokenizerBase) -> None:
    row = encode(tokenizer, ROW, 200)
    live = tokenizer.encode(chat.prompt(ROW.prompt), add_special_tokens=False)
    assert list(row.input_ids[: len(live)]) == live
    assert set(row.labels[: len(live)]) == {IGNORED}
    assert row.labels[len(live) :] == row.input_ids[len(live) :]
    assert learned(tokenizer, row.labels) == "It was shipped on {ship_date}.<|im_end|>"
    assert row.learned == len(row.input_ids) - len(live)


def test_every_reply_is_learned_where_the_row_says_so(tokenizer: PreTrainedTokenizerBase) -> None:
    row = encode(tokenizer, dataclasses.replace(ROW, learned="all"), 200)
    assert row.input_ids == encode(tokenizer, ROW, 200).input_ids
    assert learned(tokenizer, row.labels) == (
        "Hello, how can I help?<|im_end|>It was shipped on {ship_date}.<|im_end|>"
    )


def test_a_long_row_is_refused_or_loses_its_start(tokenizer: PreTrainedTokenizerBase) -> None:
    whole = encode(tokenizer, ROW, 200)
    with pytest.raises(DataError, match=r"shop-1 has \d+ tokens, 40 are allowed"):
        encode(tokenizer, ROW, 40)
    cut = encode(tokenizer, ROW, 40, truncate=True)
    assert cut.input_ids == whole.input_ids[-40:] and cut.learned == whole.learned
    with pytest.raises(DataError, match="shop-1"):
        encode(tokenizer, ROW, 5, truncate=True)


def test_a_base_is_a_folder_too(tiny: Callable[[str], Path]) -> None:
    base = load_base(str(tiny("qwen2")))
    assert base.architecture.family == "qwen2"
    assert base.architecture.parameters == sum(weight.numel() for weight in base.model.parameters())
    assert base.tokenizer.decode([base.end_id]) == chat.END


def test_a_base_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BaseError, match="No base is named"):
        load_base(str(tmp_path / "none"))
