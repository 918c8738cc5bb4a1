"""The judge of what is said, and what the utility's callers hear."""

from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

from agent.dialogue.business import BusinessError
from agent.dialogue.embeddings import Embedder
from agent.dialogue.evaluation import Stage, ask, moment, seeded
from agent.dialogue.evaluation_atoms import atoms, told, unknown
from agent.dialogue.evaluation_questions import FILE, Question, Questions, read_questions
from agent.settings import ROOT, Tree
from agent.settings.tree import Knowledge

UTILITY = ROOT / "config/business/utility"
QUESTIONS = read_questions(UTILITY / FILE)
SETTINGS = Tree(knowledge=Knowledge(dir=ROOT / "data/cache/knowledge"))
AT = moment(QUESTIONS, "America/New_York")


@pytest.fixture(scope="module")
def utility(embedder: Embedder):  # type: ignore[no-untyped-def]
    with seeded(SETTINGS, "utility", QUESTIONS.day, AT, embedder) as stage:
        yield stage


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's due on December 4, 2026.", {"2026-12-04"}),
        ("On the way since November 3.", {"--11-03"}),
        ("from 9 am to 6:30 PM", {"09:00", "18:30"}),
        ("$1,249.50 for 3 lamps", {"1249.5", "3"}),
        ("call +1 555 010 0142", {"15550100142"}),
        ("four one zero zero zero two five", {"4100025"}),
        ("within five days, one moment", {"five"}),
        ("the meter shows 01215 on Friday", {"01215", "friday"}),
        ("one of them is here", set()),
    ],
)
def test_what_can_be_wrong_is_found_in_a_sentence(text: str, expected: set[str]) -> None:
    assert atoms(text) == expected


def test_a_date_vouches_for_its_weekday_and_for_itself_without_the_year() -> None:
    known = {"2026-11-27"}
    assert unknown({"friday", "--11-27", "2026-11-27"}, known) == []
    assert unknown({"monday", "--11-28", "2025-11-27"}, known) == ["--11-28", "2025-11-27", "monday"]


def test_a_value_is_told_in_any_form() -> None:
    assert told("2026-12-04", "It's due on December 4, 2026.")
    assert told("134.80", "Your bill is $134.80.")
    assert told("21:15", "since 9:15 PM")
    assert not told("134.80", "Your bill is $34.80.")
    assert not told("Night Power", "Your tariff is Green Power.")


async def judged(stage: Stage, **told: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    question = Question.model_validate({"id": "one", **told})
    result = await ask(stage, QUESTIONS, question)
    return result.false, result.missing


async def test_what_may_not_be_said_is_found(utility: Stage) -> None:
    """The judge itself: each kind of falsehood, in an answer that is true of another question."""
    sql = "SELECT amount FROM bills WHERE number = '800102'"
    dana = {"as": "dana", "sql": sql}
    false, missing = await judged(utility, ask=["How much is my bill?"], tell=["amount"], **dana)
    assert false == ("2026-12-04",) and not missing  # the day isn't among what may be said
    false, _ = await judged(utility, ask=["Which tariff do I have?"], say=["."], may=["0.16"], **dana)
    assert false == ("Standard Power",)
    false, _ = await judged(utility, ask=["How can I pay my bill?"], answerable=False)
    assert false  # it was answered
    false, _ = await judged(utility, ask=["How can I pay my bill?"], say=["."], never=["credit card"])
    assert false == ("credit card",)
    _, missing = await judged(utility, ask=["How can I pay my bill?"], say=["by seashells"])
    assert missing == ("by seashells",)


async def test_the_utilitys_questions_are_answered_right_and_nothing_false_is_said(utility: Stage) -> None:
    wrong = []
    for question in QUESTIONS.questions:
        if question.agree:
            continue
        result = await ask(utility, QUESTIONS, question)
        wrong += [(question.id, result.false, result.missing, result.said)] if not result.right else []
    assert not [one for one in wrong if one[1]]
    assert len(wrong) <= 1, wrong


def test_a_question_without_an_answer_to_look_for_is_refused(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text(yaml.safe_dump({"questions": [{"id": "one", "ask": ["What?"]}]}), "utf-8")
    with pytest.raises(BusinessError, match="has to be said"):
        read_questions(file)
    file.write_text("questions: [", "utf-8")
    with pytest.raises(BusinessError, match="no YAML"):
        read_questions(file)
    with pytest.raises(BusinessError, match="isn't there"):
        read_questions(tmp_path / "none.yaml")


def test_questions_are_asked_on_their_day() -> None:
    assert QUESTIONS.day == date(2026, 11, 25)
    assert isinstance(QUESTIONS, Questions)
    assert datetime.fromisoformat("2026-11-25T10:30:00-05:00") == AT
