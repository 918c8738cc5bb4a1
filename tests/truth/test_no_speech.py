"""What is no speech is refused: placeholders, a prompt's own marks, code."""

import pytest

from agent.dialogue import claims
from agent.dialogue.protocol import Fact

TOTAL = Fact("total", "$98.00", "orders[70012].total")


@pytest.mark.parametrize(
    "sentence",
    [
        "Your total is $X.",
        "Your order arrives on [date].",
        "It is due on YY.",
        "Your name is <name>.",
        "Your status is N/A.",
        "total = $98.00",
        "Caller: how much is it?",
        "Say: inform total.",
        '{"total": "$98.00"}',
        "**Your total** is $98.00.",
    ],
)
def test_what_no_clerk_would_say_is_refused(sentence: str) -> None:
    verdict = claims.check(sentence, [TOTAL], "how much is it")
    assert [claim.stated.kind for claim in verdict.refused].count("form") >= 1


@pytest.mark.parametrize(
    "sentence",
    ["Your total is $98.00.", "It comes to $98.00, is there anything else?", "Last question: shall I go on?"],
)
def test_plain_speech_is_not(sentence: str) -> None:
    assert not claims.check(sentence, [TOTAL], "how much is it").refused


def test_a_sign_that_a_fact_has_may_be_said() -> None:
    model = Fact("product", "Model X", "products[7].name")
    assert not claims.check("The Model X is in stock.", [model, Fact("stock", "in stock", "p")], "").refused
