"""More than six hundred sentences with their facts: what the check catches, and what it refuses wrongly."""

from collections import Counter

import pytest

from bench.claims import EXACT, quality, speed, statements

TODAY, ROWS = statements()
FOUND = quality(TODAY, ROWS)


def test_the_table_is_large_and_half_of_it_false() -> None:
    held = Counter(row.true for row in ROWS if row.split == "held_out")
    assert len(ROWS) >= 300 and min(held.values()) >= 80
    assert {row.scenario for row in ROWS if row.split == "dev"}.isdisjoint(
        row.scenario for row in ROWS if row.split == "held_out"
    )
    said = Counter((row.text, row.scenario) for row in ROWS)
    assert max(said.values()) == 1


@pytest.mark.parametrize("split", ["dev", "held_out"])
def test_no_false_number_sum_date_time_name_or_code_passes(split: str) -> None:
    assert FOUND[split]["passed_of_exact_kinds"] == 0, FOUND[split]["passed_by_kind"]


def test_of_the_falsehoods_of_other_businesses_three_in_a_hundred_pass_at_most() -> None:
    assert FOUND["held_out"]["caught"] >= 0.97
    assert FOUND["dev"]["caught"] >= 0.99


def test_true_paraphrases_are_refused_in_less_than_ten_of_a_hundred() -> None:
    assert FOUND["held_out"]["refused"] < 0.10
    assert FOUND["dev"]["refused"] < 0.08


def test_each_kind_is_in_the_table_true_and_false() -> None:
    both = EXACT | {"negation", "comparison", "promise", "policy"}
    for true in (True, False):
        assert both <= {row.kind for row in ROWS if row.true is true}


def test_a_sentence_takes_a_few_milliseconds_at_most() -> None:
    assert speed(TODAY, ROWS[:60])["ms"]["p95"] < 15
