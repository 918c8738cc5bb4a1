"""Documents become passages: by heading, by paragraph, each sentence with its line."""

import pytest

from agent.dialogue.knowledge_passages import LONGEST_WORDS, passages, sentences, unknown_names

RETURNS = """# Returns

Unworn items come back
within {return_days} days. *Tags* stay on.

## What can't come back

- Gift cards.
- Earbuds without their seal.

## Where
We have drop-off points in:

- Albany
- Dover

| city | opens | closes |
|---|---|---|
| Salem | 9 AM | 5 PM |
"""


def test_a_passage_has_its_headings_and_each_sentence_its_line() -> None:
    first, second, third = passages("returns.md", RETURNS, {"return_days": "30"})
    assert first.headings == ("Returns",)
    assert [(one.line, one.text) for one in first.statements] == [
        (3, "Unworn items come back within 30 days."),
        (4, "Tags stay on."),
    ]
    assert second.headings == ("Returns", "What can't come back")
    assert [(one.line, one.text) for one in second.statements] == [
        (8, "Gift cards."),
        (9, "Earbuds without their seal."),
    ]
    assert third.text == "We have drop-off points in: Albany and Dover. Salem: opens 9 AM, closes 5 PM."
    assert [one.line for one in third.statements] == [12, 19]


def test_a_heading_of_the_same_rank_ends_the_one_before() -> None:
    text = "# A\n## B\nOne.\n### C\nTwo.\n## D\nThree.\n"
    assert [one.headings for one in passages("a.md", text)] == [("A", "B"), ("A", "B", "C"), ("A", "D")]


def test_text_before_the_first_heading_and_skipped_ranks_are_passages_too() -> None:
    assert [one.headings for one in passages("a.md", "One.\n\n### C\n\nTwo.\n")] == [(), ("C",)]


def test_a_long_section_is_cut_between_its_paragraphs() -> None:
    paragraph = "Word " * 50 + "end."
    found = passages("a.md", f"# A\n\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n")
    assert len(found) == 2
    assert all(len(one.text.split()) <= LONGEST_WORDS for one in found)
    assert {one.headings for one in found} == {("A",)}


def test_a_long_paragraph_stays_whole() -> None:
    (found,) = passages("a.md", "# A\n\n" + "One sentence of five words. " * 40)
    assert len(found.statements) == 40


def test_a_document_without_words_has_no_passage() -> None:
    assert passages("a.md", "") == passages("a.md", "# Only\n\n## Headings\n") == ()


def test_questions_in_a_quote_are_what_callers_ask_and_not_said() -> None:
    quote = "> What if I'm out?\n> I won't be there. Then what?\n"
    text = f"# A\n\n## Nobody at home\n{quote}\nThe driver waits.\n\n## B\nNo.\n"
    first, second = passages("a.md", text)
    assert first.asked == ("What if I'm out?", "I won't be there.", "Then what?")
    assert first.text == "The driver waits." and first.line == 7
    assert second.asked == ()


def test_a_long_list_is_read_item_by_item() -> None:
    items = "\n".join(f"- the long name of item number {n}" for n in range(9))
    (found,) = passages("a.md", f"We sell:\n\n{items}\n")
    assert [one.text for one in found.statements][:2] == [
        "We sell: the long name of item number 0.",
        "We sell: the long name of item number 1.",
    ]


def test_a_name_that_is_no_fact_is_told_with_its_line() -> None:
    assert list(unknown_names(RETURNS, {})) == [(4, "return_days")]
    assert list(unknown_names(RETURNS, {"return_days": "30"})) == []


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "See Dr. Kim at 9 a.m. on Monday. Bring shoes.",
            ["See Dr. Kim at 9 a.m. on Monday.", "Bring shoes."],
        ),
        ("It costs $4.95. It's sent at once.", ["It costs $4.95.", "It's sent at once."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("no end", ["no end"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_end(text: str, cut: list[str]) -> None:
    assert sentences(text) == cut
