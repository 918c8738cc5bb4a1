"""A yes to a change: plain ones count, and nothing else does."""

import pytest

from agent.dialogue.slots import consent

CANCEL = "Order 12011 over $168.00 can still be cancelled, shall I cancel it?"
BOOK = "December 4, 2026 at 2:00 PM is free, shall I book it?"

PLAIN = [
    (CANCEL, "Yes."),
    (CANCEL, "Yes, please."),
    (CANCEL, "Yeah, sure, do it."),
    (CANCEL, "Yes, please cancel it."),
    (CANCEL, "Yes, go ahead and cancel order 12011."),
    (CANCEL, "Yes, one two oh one one."),
    (CANCEL, "Yes, I want to cancel the order."),
    (CANCEL, "Yes, I'm sure."),
    (CANCEL, "Yes, I am sure about that."),
    (CANCEL, "Yes, cancel it right now."),
    (CANCEL, "Yes, just do it."),
    (CANCEL, "Sure, no problem."),
    (CANCEL, "Of course."),
    (CANCEL, "Why not?"),
    (CANCEL, "That would be great, yes."),
    (CANCEL, "That's right, thank you."),
    (CANCEL, "Perfect, thank you very much."),
    (CANCEL, "Uh, yes."),
    (CANCEL, "Please do."),
    (BOOK, "Yes, please book it."),
    (BOOK, "Okay, book that one."),
    (BOOK, "Yes, December fourth at two in the afternoon."),
    (BOOK, "Yes, book me in."),
]
NO_CONSENT = [
    (CANCEL, "Yes, but only the socks."),
    (CANCEL, "Yes, but not the whole order."),
    (CANCEL, "Yeah, but don't do it today."),
    (CANCEL, "Yes please, cancel one of the two lamps."),
    (CANCEL, "Yes, one of the two."),
    (CANCEL, "Yes, two of them."),
    (CANCEL, "Yes, half of it."),
    (CANCEL, "Yes, all but the lamp."),
    (CANCEL, "Yes, the lamp."),
    (CANCEL, "Yes, cancel the socks."),
    (CANCEL, "Yes, I think so, but let me ask my wife first."),
    (CANCEL, "Sure, if I get my money back."),
    (CANCEL, "Fine, as long as I get the money."),
    (CANCEL, "Okay, unless it's on its way."),
    (CANCEL, "Okay, but what does it cost me?"),
    (CANCEL, "Sure, why don't you tell me the price first?"),
    (CANCEL, "Okay, wait."),
    (CANCEL, "Okay, hold on."),
    (CANCEL, "Yes, tomorrow."),
    (CANCEL, "Yeah, later."),
    (CANCEL, "Yes, I guess."),
    (CANCEL, "Yes, maybe."),
    (CANCEL, "Right, and is that free?"),
    (CANCEL, "Is that okay?"),
    (CANCEL, "Yes, no."),
    (CANCEL, "Don't worry about it."),
    (CANCEL, "No problem."),
    (CANCEL, "I'm not sure."),
    (CANCEL, "Yes, after I've talked to my husband."),
    (BOOK, "Yes, but in the morning."),
    (BOOK, "Yes, in the morning."),
    (BOOK, "Yes, if nothing is free on Friday."),
]


@pytest.mark.parametrize(("question", "said"), PLAIN)
def test_a_plain_yes_agrees(question: str, said: str) -> None:
    assert consent(said, question) is True


@pytest.mark.parametrize(("question", "said"), NO_CONSENT)
def test_a_hedged_or_limited_yes_agrees_to_nothing(question: str, said: str) -> None:
    assert consent(said, question) is None


@pytest.mark.parametrize(
    "said", ["No.", "No, leave it.", "Rather not, no thanks.", "No, I'd rather keep it."]
)
def test_a_no_stays_a_no(said: str) -> None:
    assert consent(said, CANCEL) is False
