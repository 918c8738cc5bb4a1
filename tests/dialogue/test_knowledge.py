"""What the shop's documents say in a conversation, and what they leave unsaid."""

import pytest

from agent.dialogue import BusinessDialogue, Sentence


async def said(dialogue: BusinessDialogue, *texts: str) -> list[Sentence]:
    conversation = dialogue.open()
    sentences: list[Sentence] = []
    for text in texts:
        reply = await conversation.respond(text)
        sentences = [sentence async for sentence in reply.sentences]
    return sentences


@pytest.mark.parametrize(
    ("question", "words", "document"),
    [
        ("Are your boxes made of recycled paper?", "recycled paper", "about.md"),
        ("Can I take the power bank on a plane?", "cabin of a plane", "care.md"),
        ("Do gift cards expire?", "never expires", "gift_cards.md"),
    ],
)
async def test_a_passage_answers_word_by_word_with_its_line(
    question: str, words: str, document: str, reading_shop: BusinessDialogue
) -> None:
    sentences = await said(reading_shop, question)
    assert words in " ".join(sentence.text for sentence in sentences)
    for sentence in sentences:
        (fact,) = sentence.facts
        assert sentence.verdict == "template" and sentence.kind == "answer"
        assert fact.value == sentence.text
        name, _, line = fact.source.partition(":")
        assert name == document and int(line) > 1
        assert not any(sign.isdigit() for sign in sentence.spoken)


@pytest.mark.parametrize(
    "question",
    ["Do the headphones have noise cancelling?", "Who is the president?", "How old is the president's cat?"],
)
async def test_nothing_relevant_means_nothing_said_about_it(
    question: str, reading_shop: BusinessDialogue
) -> None:
    sentences = await said(reading_shop, question)
    assert sentences[0].phrase == "none_of_these"
    assert all(not fact.source.endswith(tuple("0123456789")) for one in sentences for fact in one.facts)
