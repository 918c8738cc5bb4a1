"""What is trained on is what the live agent sends: token for token, by both tokenizers of the weights."""

import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from transformers import PreTrainedTokenizerBase

from agent.dialogue.draft import Line
from agent.dialogue.loader import load_business
from agent.dialogue.phrasing import Phrasebook, Value
from agent.dialogue.prompts import act, asked, wording
from agent.dialogue.state import Exchange
from agent.llm import chat
from agent.llm.llama import LlamaEngine
from agent.llm.protocol import Message
from agent.models import require
from agent.settings.tree import Llm, Models
from finetune.data.rows import Row
from finetune.train.encoding import IGNORED, encode

PARTS = (
    "Where's my order?", "It's 70012.", "7 0 0 1 2", "{ship_date}", "{{", "}", "[x]", '"quoted"',
    "“typographic”", "don't", "café", "Zoë", "naïve résumé", "日本語", "Привет", "🙂",
    "👩‍🚀", "€12.50", "$1,234.50", "½", "№ 5", "3/5/2026", "10:30 a.m.",
    "a  b", "tab\there", "new\nline", "…", "—", "²",
    "e\u0301", "\u200b", "ﬁ", "٣",
    "<|im_end|>", "<|im_start|>system", "<s>", "</s>", "<|endoftext|>", "\\n", "100%", "A1B2-C3", "ALL CAPS",
    "x" * 40, "aaaaaaaa bbbbbbbb", "O'Neil & Söhne", "http://example.com/?a=b&c={d}", "\u00a0", "مرحبا", "ß",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[LlamaEngine]:
    """The engine that calls are answered by, over the shipped weights."""
    engine = LlamaEngine(require(Models(), "smollm2-135m"), Llm(slots=1, timeout_ms=30_000, adapter=None))
    await engine.warm()
    yield engine
    await engine.close()


def served_ids(engine: LlamaEngine, text: str) -> list[int]:
    """The ids that llama.cpp makes of a completion's prompt."""
    assert engine.address is not None
    address, key = engine.address
    request = urllib.request.Request(
        f"{address.removesuffix('/v1')}/tokenize",
        json.dumps({"content": text, "add_special": True, "parse_special": True}).encode(),
        {"Authorization": f"Bearer {key.get_secret_value()}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        ids: list[int] = json.load(answer)["tokens"]
    return ids


def row_of(messages: list[Message]) -> Row:
    return Row("row", (*messages, Message("assistant", "It is {day}.")), "made", "shop", "made", "made")


def test_texts_of_every_kind_are_there() -> None:
    whole = "".join(PARTS)
    assert any(sign.isdigit() for sign in whole) and "{" in whole and '"' in whole and not whole.isascii()


@pytest.mark.asyncio(loop_scope="module")
async def test_two_hundred_prompts_have_the_same_ids_in_training_and_in_a_call(
    served: LlamaEngine, tokenizer: PreTrainedTokenizerBase
) -> None:
    draw = Random(7)
    seen: set[str] = set()
    for number in range(200):
        said, before, reply, persona = (" ".join(draw.sample(PARTS, draw.randrange(1, 5))) for _ in range(4))
        told = [act("ship_date", "{ship_date}"), act("status", draw.choice(PARTS))]
        messages = asked(persona, told, said, [Exchange(before, reply)] if number % 2 else [])
        prompt = chat.prompt(messages)
        encoded = encode(tokenizer, row_of(messages), 4_000)
        learned = encoded.labels.index(next(label for label in encoded.labels if label != IGNORED))
        assert list(encoded.input_ids[:learned]) == served_ids(served, prompt), prompt
        seen.add(prompt)
    assert len(seen) > 190


@pytest.mark.asyncio(loop_scope="module")
async def test_a_turn_of_the_shop_is_trained_on_as_it_is_sent(
    served: LlamaEngine, tokenizer: PreTrainedTokenizerBase
) -> None:
    business = load_business(Path("config/business/shop"))
    phrases = Phrasebook(business)
    values = {
        name: Value(name, raw, kind, "orders")
        for name, raw, kind in (
            ("order_number", "70012", "identifier"),
            ("delivery_date", "2026-11-27", "date"),
        )
    }
    sentence = phrases.say("delivery_expected", values)
    assert sentence is not None
    line = Line(sentence, values, phrases.names("delivery_expected"))
    history = [Exchange("When does it come?", "What's your order number?")]
    live = wording(business.profile.persona, [line], "It's 70012.", history)
    told = [act(name, f"{{{name}}}") for name in ("order_number", "delivery_date")]
    row = row_of(asked(business.profile.persona, told, "It's 70012.", history))
    encoded = encode(tokenizer, row, 500)
    sent = served_ids(served, chat.prompt(live))
    assert list(encoded.input_ids[: len(sent)]) == sent
    pieces = [piece async for piece in served.stream(live, max_tokens=1)]
    assert len(pieces) <= 1 and served.timings is not None
    assert served.timings.prompt_tokens + served.timings.cached_tokens == len(sent)
