"""Conversations in which a caller needs more than an answer: patience, another voice, calm, a person."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.dialogue import BusinessDialogue, Reply
from agent.dialogue.languages import language_named, language_spoken

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "manners.yaml").read_text("utf-8"))


async def text_of(reply: Reply) -> str:
    return " ".join([sentence.text async for sentence in reply.sentences])


def test_there_are_thirty_conversations_and_their_names_differ() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_the_conversation_goes_as_it_should(
    case: dict[str, Any], reading_shop: BusinessDialogue
) -> None:
    conversation = reading_shop.open()
    if case.get("greeting"):
        await text_of(conversation.greeting())
    for turn in case["turns"]:
        if "keys" in turn:
            reply = await conversation.keys(turn["keys"], said=turn.get("said", ""))
        else:
            reply = await conversation.respond(turn["say"], confidence=turn.get("confidence", 1.0))
        text = await text_of(reply)
        about = f"after {turn.get('say', turn.get('keys'))!r}: {text!r} ({reply.intent}, {dict(reply.slots)})"
        assert [part for part in turn.get("has", ()) if part not in text] == [], about
        assert [part for part in turn.get("lacks", ()) if part in text] == [], about
        places = [text.index(part) for part in turn.get("order", ())]
        assert places == sorted(places), about
        assert reply.ends_call is turn.get("ends", False), about
        for name, wanted in (
            ("intent", turn.get("intent", reply.intent)),
            ("expects", turn.get("expects", reply.expects)),
            ("patient", turn.get("patient", reply.patient)),
        ):
            assert getattr(reply, name) == wanted, f"{name} {about}"
        if "voice" in turn:
            assert [reply.voice.speed, reply.voice.gain_db] == turn["voice"], about


async def test_the_voice_that_was_asked_for_also_says_goodbye_and_asks_who_is_there(
    reading_shop: BusinessDialogue,
) -> None:
    conversation = reading_shop.open()
    await text_of(await conversation.respond("Slower please."))
    await text_of(await conversation.respond("Louder please."))
    for reply in (conversation.reprompt(1), conversation.goodbye("silence")):
        assert (reply.voice.speed, reply.voice.gain_db) == (0.8, 6.0)


async def test_a_turn_taken_back_takes_its_voice_back(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    before = conversation.snapshot()
    await text_of(await conversation.respond("Slower please."))
    conversation.restore(before)
    reply = await conversation.respond("When do you close?")
    await text_of(reply)
    assert reply.voice.speed == 1.0


async def test_the_two_questions_of_a_silence_differ(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await text_of(await conversation.respond("Where is my order?"))
    asked = [await text_of(conversation.reprompt(count)) for count in (1, 2)]
    assert asked[0] != asked[1]
    reply = conversation.goodbye("silence")
    assert "call again" in await text_of(reply) and reply.ends_call


async def test_a_business_without_the_phrases_of_manners_still_has_manners(
    reading_shop: BusinessDialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases = reading_shop.shared.phrases
    say = phrases.say
    lacking = {"take_your_time", "calm", "english_only", "slower_ok", "callback_offer"}

    def without(phrase_id: str, *rest: Any) -> Any:
        return None if phrase_id in lacking or phrase_id.startswith("english_only") else say(phrase_id, *rest)

    monkeypatch.setattr(phrases, "say", without)
    conversation = reading_shop.open()
    for text in ("Where is my order?", "Hold on.", "Slower.", "This is ridiculous.", "Habla español?"):
        assert await text_of(await conversation.respond(text)), text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("¿Habla español?", "es"), ("Buenos días, necesito ayuda con mi pedido", "es"),
        ("Hola, quiero hablar con alguien", "es"), ("no entiendo nada, alguien habla espanol", "es"),
        ("Bonjour, je voudrais parler à quelqu'un", "fr"), ("Où est ma commande", "fr"),
        ("Guten Tag, ich möchte meine Bestellung", "de"), ("Sprechen Sie Deutsch bitte", "de"),
        ("Buongiorno, vorrei sapere quando arriva il mio ordine", "it"), ("Где мой заказ", "other"),
        ("你好我想查一下订单", "other"),
    ],
)  # fmt: skip
def test_another_language_is_known_by_its_small_words(text: str, code: str) -> None:
    assert language_spoken(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?", "I'd like to die in peace", "My name is de la Cruz, and where is my order",
        "The una pizza order", "Um, on the second of May", "son of a gun", "He comes from Las Vegas",
        "A la carte please", "I live in Los Angeles", "what's the status of my Trailhead jacket",
        "one two three four five", "", "no no no", "is it a hat or was it in the bin", "s m i t h", "me too",
        "do you have the le creuset pot", "per item or per order", "Como, Italy",
    ],
)  # fmt: skip
def test_english_is_english(text: str) -> None:
    assert language_spoken(text) is None


def test_a_language_is_known_by_its_name() -> None:
    assert language_named("Do you speak Spanish?") == "es"
    assert language_named("Parlez-vous français?") == "fr"
    assert language_named("Do you ship to France?") is None
