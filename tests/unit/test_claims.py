"""The truth check against a table of true and false sentences, and the rules that a table can't show."""

import datetime as dt
import time
from pathlib import Path

import pytest
import yaml

from agent.dialogue.claims import Verdict, check, refusals
from agent.dialogue.claims_values import atoms
from agent.dialogue.protocol import Fact

TABLE = yaml.safe_load((Path(__file__).parents[1] / "truth" / "claims.yaml").read_text(encoding="utf-8"))
FACTS = {name: [Fact(**row) for row in rows] for name, rows in TABLE["facts"].items()}
ROWS = [(row[0], row[1], row[2], tuple(row[3:])) for row in TABLE["sentences"]]
TODAY = dt.date(2026, 11, 24)


def kinds(verdict: Verdict) -> set[str]:
    return {claim.kind for claim in verdict.refused}


@pytest.mark.parametrize(
    ("facts", "true", "sentence", "refused"), ROWS, ids=[f"{r[0]}: {r[2]}" for r in ROWS]
)
def test_a_sentence_is_spoken_only_when_the_facts_bear_it_out(
    facts: str, true: bool, sentence: str, refused: tuple[str, ...]
) -> None:
    verdict = check(sentence, FACTS[facts])
    assert verdict.ok is true, verdict.refused
    assert set(refused) <= kinds(verdict)
    for claim in verdict.refused:
        assert sentence[claim.start : claim.end].lower() == claim.text.lower()


def test_the_table_has_sixty_true_and_false_sentences_of_each() -> None:
    assert sum(true for _, true, _, _ in ROWS) >= 60
    assert sum(not true for _, true, _, _ in ROWS) >= 60


def test_every_kind_of_claim_is_refused_somewhere() -> None:
    found = {kind for name, _, sentence, _ in ROWS for kind in kinds(check(sentence, FACTS[name]))}
    assert found == {
        "number", "amount", "date", "time", "name", "identifier", "negation", "promise", "comparison",
        "policy", "form",
    }  # fmt: skip


def test_what_the_caller_said_may_be_said_back_only_as_his() -> None:
    facts = [Fact("order_number", "12346", "caller"), Fact("status", "shipped", "orders")]
    assert check("You said 12346.", facts).ok
    assert check("Is that one two three, four six?", facts).ok
    assert not check("You get 50% off.", [], caller_text="I want 50% off").ok
    assert check("You asked about 50% off.", [], caller_text="I want 50% off").ok
    assert not check("The total is $30.", [], caller_text="I paid $30").ok
    assert check("Thanks, Maria.", [], caller_text="This is Maria").ok
    assert not check("Maria has your parcel.", [], caller_text="This is Maria").ok


def test_a_letter_or_a_sign_that_a_fact_or_a_code_has_may_be_said() -> None:
    product = [Fact("product", "Model X", "products"), Fact("book", "Learning C#", "books")]
    assert check("We have the Model X.", product).ok
    assert check("The book is Learning C#.", product).ok
    assert not check("We have the Model Y.", product).ok
    assert check("Your booking is H X four four.", [Fact("booking", "HX44", "stays[HX44]")]).ok
    assert not check("Your booking is X.", [Fact("booking", "HX44", "stays[HX44]")]).ok


def test_an_approved_phrase_needs_no_proof() -> None:
    phrase = "Returns are free within 60 days."
    assert check(phrase, [], approved={"returns are free within 60 days"}).approved
    assert not check(phrase, [], approved={"Something else."}).ok


def test_relative_days_follow_from_today() -> None:
    facts = [Fact("ship_date", "2026-11-25", "orders")]
    assert check("It ships tomorrow.", facts, today=TODAY).ok
    assert not check("It ships tomorrow.", facts).ok
    assert not check("It ships today.", facts, today=TODAY).ok
    assert check("It ships this week.", facts, today=TODAY).ok
    later = [Fact("delivery_date", "2026-11-27", "orders")]
    assert check("It will be delivered in three days.", later, today=TODAY).ok
    assert not check("It will be delivered in four days.", later, today=TODAY).ok


def test_names_of_the_business_are_proven_even_in_small_letters() -> None:
    facts = [Fact("product", "Blue Hoodie", "products")]
    assert check("We have the blue hoodie.", facts, known_names={"Blue Hoodie", "Coffee Mug"}).ok
    assert "name" in kinds(check("We have the coffee mug.", facts, known_names={"Blue Hoodie", "Coffee Mug"}))


def test_the_facts_that_prove_a_sentence_are_named() -> None:
    verdict = check("The total is $45.00.", FACTS["order"])
    assert [fact.name for fact in verdict.facts] == ["total"]


def test_a_comparison_that_fails_leaves_its_value_a_claim_of_its_own() -> None:
    verdict = check("The total is more than $50.", FACTS["order"])
    assert [(claim.kind, claim.text) for claim in verdict.refused] == [
        ("comparison", "more than"), ("amount", "$50"),
    ]  # fmt: skip
    verdict = check("The total is less than $50.", FACTS["order"])
    assert [(claim.kind, claim.text) for claim in verdict.claims] == [("comparison", "less than")]


def test_refusals_are_counted_by_kind_without_words() -> None:
    verdicts = [check("It costs $3.", []), check("It costs $4 for Bob.", [])]
    assert refusals(verdicts) == {"amount": 2, "name": 1}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("thirty", ["30"]), ("2.5", ["2.5"]), ("two and a half", ["2.5"]), ("a dozen eggs", ["12"]),
        ("twice", ["2"]), ("half", ["0.5"]), ("three quarters", ["0.75"]), ("1,234.50", ["1234.50"]),
        ("one point two million", ["1200000.0"]), ("a hundred and five", ["105"]),
        ("$1.2 million", ["1200000.0"]),
        ("which one", []), ("one moment", []), ("this one", []),
    ],
)  # fmt: skip
def test_numbers_are_read_in_digits_and_in_words(text: str, values: list[str]) -> None:
    assert [float(str(atom.value)) for atom in atoms(text)] == [float(value) for value in values]


def test_a_sentence_is_checked_within_fifteen_milliseconds() -> None:
    facts = [*FACTS["order"], *FACTS["hours"], *FACTS["returns"], *FACTS["product"]]
    sentences = [sentence for _, _, sentence, _ in ROWS]
    started = time.process_time()
    for sentence in sentences:
        check(sentence, facts)
    assert (time.process_time() - started) / len(sentences) < 0.015


def test_odd_text_is_checked_without_an_error() -> None:
    for text in [
        "",
        " ",
        "'",
        "$",
        "one two",
        "the",
        "half past",
        "a m",
        "12:99",
        "99/99/9999",
        "2026-13-45",
        "½",
        "1." * 200,
    ]:
        check(text, FACTS["order"], caller_text=text, today=TODAY)
        check("It shipped on November 27.", [Fact("", text, "")], today=TODAY)
