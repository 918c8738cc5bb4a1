"""How a sentence is cut for the voice."""

import re

import pytest

from agent.tts.clauses import clauses

SENTENCES = [
    "Sure.",
    "Of course, I can help.",
    "Your order shipped on Tuesday, and it arrives on Friday, June third, twenty twenty six.",
    "The total is one hundred and five dollars and sixty-six cents, which you paid by card.",
    "Your order number is one, two, three, four, five, and it has been shipped.",
    "I have found your order and it will be delivered to the address that you gave us on Monday.",
    "A as in alpha, B as in bravo, C as in charlie, is that right?",
    "We sell shirts and shoes and many other things for the whole family at low prices.",
    "Thank you for calling the shop. This is an automated agent. How can I help you?",
    "  A leading space,\n a line break  and a tail are kept.  ",
    "You can return any unworn item within thirty days if you have the receipt, or ask for a voucher.",
    "We are open from nine a.m. to five p.m., Monday to Friday, except on the fourth of July.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_joined_clauses_are_the_sentence_again(sentence: str) -> None:
    assert "".join(clauses(sentence)) == sentence


@pytest.mark.parametrize("sentence", SENTENCES)
def test_no_clause_of_a_cut_sentence_is_under_three_words(sentence: str) -> None:
    cut = clauses(sentence)
    if len(cut) > 1:
        assert min(len(clause.split()) for clause in cut) >= 3


def test_a_clause_keeps_its_comma() -> None:
    first, *_ = clauses("Your order shipped on Tuesday, and it arrives on Friday.")
    assert first == "Your order shipped on Tuesday, "


def test_a_short_opener_is_not_spoken_alone() -> None:
    assert clauses("Of course, I can help.") == ["Of course, I can help."]


def test_numbers_amounts_and_dates_stay_whole() -> None:
    whole = [
        "one, two, three, four, five",
        "one hundred and five dollars and sixty-six cents",
        "June third, twenty twenty six",
        "Friday, June third",
        "double seven, eight, nine",
    ]
    for phrase in whole:
        sentence = f"I have written down {phrase}, and I will read that to you again."
        assert any(phrase in clause for clause in clauses(sentence)), phrase
        assert len(clauses(sentence)) > 1, phrase


def test_spelled_letters_stay_whole() -> None:
    cut = clauses("I have written A as in alpha, B as in bravo, is that right?")
    assert cut[0] == "I have written A as in alpha, B as in bravo, "


def test_a_long_sentence_without_commas_is_cut_before_a_clause_of_its_own() -> None:
    cut = clauses("I have found your order and it will be delivered to the address that you gave us.")
    assert cut[0] == "I have found your order "


def test_nouns_joined_by_and_are_not_cut() -> None:
    assert len(clauses("We sell shirts and shoes and many other things for the family at low prices.")) == 1


def test_sentences_are_cut_apart_but_not_after_an_abbreviation() -> None:
    cut = clauses("Thank you for calling Dr. Hopper's shop today. How can I help you?")
    assert [re.sub(r"\s+$", "", clause) for clause in cut] == [
        "Thank you for calling Dr. Hopper's shop today.",
        "How can I help you?",
    ]


def test_nothing_has_no_clauses() -> None:
    assert clauses("") == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            "Your order one two three, four five was shipped with Parcelway on November second.",
            "Your order one two three, four five ",
        ),
        ("It's expected to arrive on November twenty-seventh at noon or later.", "It's expected to arrive "),
        ("The kettle is in stock.", "The kettle is in stock."),
    ],
)
def test_a_long_first_clause_that_someone_waits_for_is_cut_early(text, first):
    cut = clauses(text, early=True)
    assert cut[0] == first
    assert "".join(cut) == text
