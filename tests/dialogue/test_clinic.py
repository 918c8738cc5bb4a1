"""The clinic answers its callers: whole conversations, and wishes in words apart from its examples."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.dialogue.seeding import seed
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge
from tests.copied_business import copy_business

HERE = Path(__file__).parent / "clinic"
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "conversations.yaml").read_text("utf-8"))
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
GRAVE = ("emergency", "crisis")


@pytest.fixture(scope="module")
def seeded_clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinics") / "clinic"
    copy_business(ROOT / "config/business/clinic", folder, Path(f"{folder}.db"))
    seed(folder, Path(f"{folder}.db"), date(2026, 11, 24))
    return folder


@pytest.fixture(scope="module")
def clinic(seeded_clinic: Path, embedder: Embedder) -> Iterator[BusinessDialogue]:
    tree = Tree(
        dialogue=Dialogue(business_dir=seeded_clinic.parent),
        knowledge=Knowledge(dir=ROOT / "data/cache/knowledge"),
    )
    dialogue = open_dialogue(tree, "clinic", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()


@pytest.fixture
def fresh(clinic: BusinessDialogue, seeded_clinic: Path) -> BusinessDialogue:
    """The clinic with its database as it was seeded."""
    seed(seeded_clinic, Path(f"{seeded_clinic}.db"), date(2026, 11, 24))
    return clinic


def test_conversations_have_names_of_their_own() -> None:
    assert len(CASES) >= 20 and len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_the_conversation_goes_as_it_should(case: dict[str, Any], fresh: BusinessDialogue) -> None:
    conversation = fresh.open()
    for turn in case["turns"]:
        reply = await conversation.respond(turn["say"])
        text = " ".join([sentence.text async for sentence in reply.sentences])
        about = f"after {turn['say']!r}: {text!r} ({reply.intent}, {dict(reply.slots)})"
        if "intent" in turn:
            assert reply.intent == (None if turn["intent"] == "none" else turn["intent"]), about
        for name, value in turn.get("slots", {}).items():
            assert reply.slots.get(name) == value, about
        assert [part for part in turn.get("has", ()) if part not in text] == [], about
        assert [part for part in turn.get("lacks", ()) if part in text] == [], about
        if "expects" in turn:
            assert (reply.expects, reply.expects_digits) == (turn["expects"], turn["digits"]), about


def heard(clinic: BusinessDialogue) -> list[tuple[str, str, str]]:
    """Meant, understood and said."""
    lines = (HERE / "heldout.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [(meant, clinic.shared.intents.find_all(said)[0].name or "none", said) for meant, said in rows]


def test_wishes_in_other_words_are_understood(clinic: BusinessDialogue) -> None:
    rows = heard(clinic)
    assert len(rows) >= 120
    right = Counter(meant in GRAVE for meant, got, _ in rows if meant == got)
    total = Counter(meant in GRAVE for meant, _, _ in rows)
    assert right[True] >= 0.96 * total[True], [row for row in rows if row[0] in GRAVE and row[0] != row[1]]
    assert right[False] >= 0.95 * total[False], [row for row in rows if row[0] != row[1]]


def test_no_question_about_health_is_taken_for_one_that_is_answered(clinic: BusinessDialogue) -> None:
    """What is not understood as one is declined all the same."""
    declined = {"medical_advice", "emergency", "none"}
    asked = [row for row in heard(clinic) if row[0] == "medical_advice"]
    assert len(asked) >= 20 and [row for row in asked if row[1] not in declined] == []
