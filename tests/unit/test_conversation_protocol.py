"""What a conversation says unasked, and what it keeps and takes back."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from agent.dialogue import BusinessDialogue, Reply, business_for_number, businesses, open_dialogue
from agent.dialogue.demo_shop import seed
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("protocol")
    seed(folder / "shop.db", today=date.today())
    shutil.copytree(ROOT / "config/business/shop", folder / "businesses/shop")
    file = folder / "businesses/shop/business.toml"
    file.write_text(file.read_text("utf-8").replace("data/shop.db", str(folder / "shop.db")), "utf-8")
    return Tree(dialogue=Dialogue(business_dir=folder / "businesses"))


@pytest.fixture(scope="module")
def shop(tree: Tree) -> Iterator[BusinessDialogue]:
    dialogue = open_dialogue(tree, "shop")
    yield dialogue
    dialogue.close()


async def text_of(reply: Reply) -> str:
    return " ".join([sentence.text async for sentence in reply.sentences])


async def test_the_greeting_names_the_business_and_says_that_it_is_automated(shop: BusinessDialogue) -> None:
    reply = shop.open().greeting()
    sentences = [sentence async for sentence in reply.sentences]
    assert "Harbor Goods" in sentences[0].text and "automated" in sentences[0].text
    assert {sentence.verdict for sentence in sentences} == {"approved"}
    assert not reply.ends_call


async def test_every_fixed_phrase_is_words_only_and_the_greeting_is_among_them(
    shop: BusinessDialogue,
) -> None:
    greeting = [sentence.spoken async for sentence in shop.open().greeting().sentences]
    assert set(greeting) <= set(shop.fixed_phrases)
    assert shop.phrase("busy") in shop.fixed_phrases
    assert len(shop.fixed_phrases) >= 40
    assert not [
        phrase for phrase in shop.fixed_phrases if any(sign.isdigit() or sign in "{}" for sign in phrase)
    ]
    with pytest.raises(KeyError):
        shop.phrase("order_shipped")


async def test_silence_repeats_the_open_question_then_offers_the_keys(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await text_of(await conversation.respond("Where is my order?"))
    first = conversation.reprompt(1)
    assert await text_of(first) == "Are you still there? What's your order number?"
    assert (first.expects, first.expects_digits) == ("digits", 5)
    assert "press keys" in await text_of(conversation.reprompt(2))
    assert "zip code" in await text_of(await conversation.respond("12345"))
    assert "Parcelway" in await text_of(await conversation.respond("19901"))


@pytest.mark.parametrize("reason", ["silence", "longest", "closing"])
async def test_the_last_words_end_the_call(reason: str, shop: BusinessDialogue) -> None:
    reply = shop.open().goodbye(reason)  # type: ignore[arg-type]
    assert reply.ends_call
    assert await text_of(reply)


async def test_a_call_that_the_server_ends_is_not_thanked_for(
    shop: BusinessDialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "call again" in await text_of(shop.open().goodbye("closing"))
    phrases = shop.shared.phrases
    say = phrases.say
    monkeypatch.setattr(
        phrases, "say", lambda name, *more: None if name == "goodbye_server" else say(name, *more)
    )
    reply = shop.open().goodbye("closing")
    assert reply.ends_call and "goodbye" in await text_of(reply)


async def test_a_caller_who_never_spoke_is_not_asked_to_say_it_again(shop: BusinessDialogue) -> None:
    asked = [await text_of(shop.open().reprompt(count)) for count in (1, 2)]
    assert not [text for text in asked if "again" in text]


async def test_restore_forgets_a_turn_that_was_no_turn(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await text_of(await conversation.respond("Where is my order?"))
    state, history = conversation.snapshot(), conversation.history
    await text_of(await conversation.respond("one two three"))
    conversation.restore(state)
    assert conversation.history == history
    assert "Parcelway" in await text_of(await conversation.respond("one two three four five, zip 1 9 9 0 1"))


async def test_the_history_is_bounded(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    for _ in range(45):
        await text_of(await conversation.respond("..."))
    assert len(conversation.history) == 40


async def test_yes_and_no_by_keys(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await text_of(await conversation.respond("Where is my order?"))
    await text_of(await conversation.respond("one two three four five", confidence=0.3))
    assert "zip code" in await text_of(await conversation.keys("1"))
    assert "Parcelway" in await text_of(await conversation.keys("19901"))


async def test_the_stages_of_a_turn_are_timed(shop: BusinessDialogue) -> None:
    reply = await shop.open().respond("Where is order 12345, zip 19901?")
    assert set(reply.stages_ms) == {"intent", "tool", "phrase"}
    assert all(0 <= took < 1000 for took in reply.stages_ms.values())


async def test_a_long_rant_is_answered(shop: BusinessDialogue) -> None:
    reply = await shop.open().respond("and then he said that " * 2000)
    assert await text_of(reply)


def test_the_number_called_chooses_the_business(tree: Tree) -> None:
    assert list(businesses(tree)) == ["shop"]
    assert business_for_number(tree, "+1 (555) 0199") == "shop"
    assert business_for_number(tree, "+49 30 1234") == tree.dialogue.default_business


def test_ask_prints_what_the_design_says(tree: Tree) -> None:
    words = ["Where is my order?", "12345#", "19901#", "What's the weather?"]
    ran = subprocess.run(
        [sys.executable, "-m", "agent", "ask", *words, "--json",
         "--set", f"dialogue.business_dir={tree.dialogue.business_dir}"],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    answers = json.loads(ran.stdout)
    assert [answer["question"] for answer in answers] == words
    assert [answer["intent"] for answer in answers] == ["order_status"] * 3 + [None]
    assert answers[1]["slots"] == {"order_number": "12345"}
    answer = answers[2]
    assert answer["slots"] == {"order_number": "12345", "zip_code": "19901"}
    assert set(answer) == {"question", "intent", "slots", "text", "sentences"}
    sentence = answer["sentences"][0]
    told = {"text", "kind", "verdict", "heard", "replaced", "facts", "phrase", "claims", "caught"}
    assert set(sentence) == told
    assert sentence["heard"] == "all" and sentence["replaced"] is False
    assert set(sentence["facts"][0]) == {"name", "value", "source"}
    assert answer["text"] == " ".join(one["text"] for one in answer["sentences"])
