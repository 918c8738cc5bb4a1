"""The model words answers, and is never the source of a fact."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.dialogue import BusinessDialogue, Sentence
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.door import model_responder
from agent.dialogue.grammar import turn_grammar
from agent.llm import LlmError, open_engine
from agent.llm.fake import FakeLlm
from agent.settings import Tree
from agent.settings.tree import Dialogue, Llm
from tests.dialogue.known_zip import CallerWithZip, ShopOfKnownCallers

SHIPPED = (
    "Your order {order_number} was shipped with {carrier} on {ship_date}. It arrives on {delivery_date}."
)


def pieces(text: str, wait_ms: int = 0) -> list[tuple[int, str | LlmError]]:
    """A text in pieces of three letters: names and sentences are cut anywhere."""
    return [(wait_ms, text[at : at + 3]) for at in range(0, len(text), 3)]


def talking(
    reading_shop: ShopOfKnownCallers, scripts: Sequence[Sequence[tuple[int, str | LlmError]]]
) -> tuple[CallerWithZip, FakeLlm]:
    llm = FakeLlm(scripts)
    tree = Tree(dialogue=Dialogue(model_timeout_ms=300), llm=Llm(max_tokens=400))
    shared = reading_shop.shared
    responder = model_responder(tree, shared.business, shared.phrases, llm)
    return reading_shop.known(BusinessConversation(replace(shared, responder=responder))), llm


async def ask(conversation: CallerWithZip, text: str) -> list[Sentence]:
    reply = await conversation.respond(text)
    return [sentence async for sentence in reply.sentences]


async def test_a_wording_whose_claims_follow_is_spoken_as_proven(reading_shop: ShopOfKnownCallers) -> None:
    conversation, _ = talking(reading_shop, [pieces(SHIPPED)])
    sentences = await ask(conversation, "Where is order 12345?")
    assert [sentence.verdict for sentence in sentences][:2] == ["proven", "proven"]
    assert sentences[0].text == "Your order 12345 was shipped with Parcelway on November 22, 2026."
    assert "one two three" in sentences[0].spoken
    assert {fact.name for fact in sentences[1].facts} == {"delivery_date"}


@pytest.mark.parametrize(
    "wrong",
    [
        "Your order {order_number} arrives on November 29.",
        "Your order {order_number} was delivered and we refunded it twice.",
        "Your order {order_number} arrives in thirty minutes.",
        "Your order {secret_number} was shipped.",
        "I have cancelled your order {order_number}.",
        "Your order {order_number} is with Megatruck Express.",
    ],
)
async def test_a_wording_that_states_more_is_replaced_by_its_template(
    wrong: str, reading_shop: ShopOfKnownCallers
) -> None:
    conversation, _ = talking(reading_shop, [pieces(wrong)])
    sentences = await ask(conversation, "Where is order 12345?")
    assert {sentence.verdict for sentence in sentences} == {"template"}
    assert "November 27" in sentences[-1].text
    assert sentences[0].replaced
    assert not any("November 29" in sentence.text for sentence in sentences)


async def test_a_needed_fact_that_the_model_left_out_is_still_told(reading_shop: ShopOfKnownCallers) -> None:
    conversation, _ = talking(reading_shop, [pieces("It arrives on {delivery_date}.")])
    sentences = await ask(conversation, "Where is order 12345?")
    assert [sentence.verdict for sentence in sentences] == ["proven", "template"]
    assert "Parcelway" in sentences[1].text


async def test_words_without_a_fact_are_not_spoken(reading_shop: ShopOfKnownCallers) -> None:
    conversation, _ = talking(reading_shop, [pieces("I love kettles. They are nice.")])
    sentences = await ask(conversation, "How much is the electric kettle?")
    assert [sentence.verdict for sentence in sentences] == ["template"]


async def test_a_late_model_costs_its_timeout_and_its_stream_is_closed(
    reading_shop: ShopOfKnownCallers,
) -> None:
    conversation, llm = talking(reading_shop, [pieces(SHIPPED, wait_ms=60_000)])
    sentences = await ask(conversation, "Where is order 12345?")
    assert {sentence.verdict for sentence in sentences} == {"template"}
    assert llm.streaming == 0
    assert llm.stopped_early == 1


async def test_a_failing_model_costs_nothing_but_its_wording(reading_shop: ShopOfKnownCallers) -> None:
    conversation, _ = talking(reading_shop, [[(0, "Your order"), (0, LlmError("it fell over"))]])
    sentences = await ask(conversation, "Where is order 12345?")
    assert {sentence.verdict for sentence in sentences} == {"template"}


async def test_questions_and_policies_are_never_worded_by_the_model(reading_shop: ShopOfKnownCallers) -> None:
    conversation, llm = talking(reading_shop, [pieces("What?")])
    await ask(conversation, "Where is my order?")
    await ask(conversation, "Are you a robot?")
    assert llm.requests == []


async def test_the_prompt_has_names_and_no_values(reading_shop: ShopOfKnownCallers) -> None:
    conversation, llm = talking(reading_shop, [pieces(SHIPPED)])
    await ask(conversation, "Where is my order?")
    await ask(conversation, "one two three four five")
    (request,) = llm.requests
    asked = request.messages[-1].content
    assert "{delivery_date}" in asked and "status = shipped" in asked
    assert "November" not in asked and "12345" not in asked
    assert request.grammar is not None and '"{delivery_date}"' in request.grammar


async def test_the_history_has_what_was_said_and_is_cut_to_what_was_heard(
    reading_shop: ShopOfKnownCallers,
) -> None:
    conversation, _ = talking(reading_shop, [pieces(SHIPPED)])
    await ask(conversation, "Where is order 12345?")
    assert conversation.history[-1].reply.startswith("Your order 12345")
    conversation.heard("Your order 12345 was shipped")
    assert conversation.history[-1].reply == "Your order 12345 was shipped"


def test_a_grammar_allows_this_turn_s_names_and_no_other_brace_or_digit() -> None:
    grammar = turn_grammar(["order_number", "carrier", "carrier"])
    assert grammar.count('"{carrier}"') == 1
    assert "[^{}0-9" in grammar
    with pytest.raises(ValueError, match="order_number"):
        turn_grammar(['x" | "1'])


async def test_the_real_model_keeps_to_the_grammar(reading_shop: ShopOfKnownCallers) -> None:
    tree = Tree()
    engine = open_engine(tree.llm, tree.models)
    assert engine is not None
    try:
        await engine.warm(reading_shop.prompt_prefix)
        stream = engine.stream(
            reading_shop.prompt_prefix, max_tokens=24, grammar=turn_grammar(["order_number", "carrier"])
        )
        text = "".join([piece async for piece in stream])
    finally:
        await engine.close()
    assert text.strip()
    assert not any(sign.isdigit() for sign in text)
    rest = text.replace("{order_number}", "").replace("{carrier}", "")
    assert "{" not in rest.rsplit("{", 1)[0] and "}" not in rest


async def test_after_three_late_answers_in_a_row_a_conversation_waits_for_the_model_no_more(
    reading_shop: ShopOfKnownCallers,
) -> None:
    conversation, llm = talking(reading_shop, [pieces(SHIPPED, wait_ms=60_000)])
    for _ in range(5):
        sentences = await ask(conversation, "Where is order 12345?")
        assert {sentence.verdict for sentence in sentences} == {"template"}
    assert len(llm.requests) == 3


async def test_an_answer_in_time_forgets_the_late_ones_before_it(reading_shop: ShopOfKnownCallers) -> None:
    late = pieces(SHIPPED, wait_ms=60_000)
    conversation, llm = talking(reading_shop, [late, late, pieces(SHIPPED), late, late, late])
    for _ in range(7):
        await ask(conversation, "Where is order 12345?")
    assert len(llm.requests) == 6


async def test_another_conversation_tries_the_model_anew(reading_shop: ShopOfKnownCallers) -> None:
    llm = FakeLlm([pieces(SHIPPED, wait_ms=60_000)])
    tree = Tree(dialogue=Dialogue(model_timeout_ms=100), llm=Llm(max_tokens=400))
    shared = reading_shop.shared
    responder = model_responder(tree, shared.business, shared.phrases, llm)
    shop = BusinessDialogue(replace(shared, responder=responder))
    for _ in range(2):
        conversation = reading_shop.known(shop.open())
        for _ in range(4):
            await ask(conversation, "Where is order 12345?")
    assert len(llm.requests) == 6
