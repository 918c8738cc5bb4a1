"""A fourth business, a restaurant written by the manual alone, answers its callers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.cli.check import _business
from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.dialogue.seeding import seed
from agent.dialogue.slots_count import count
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge
from tests.copied_business import copy_business

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
CALLS = [
    [
        ("Hi, do you have a table for four on Saturday at half past seven in the evening?", "In which name?"),
        ("Miller", "M I L"),
        ("yes", "no table on November 28, 2026 at 7:30 PM. The next free table is on November 28"),
    ],
    [
        ("I'd like to book a table.", "For how many people?"),
        ("for two", "On which day?"),
        ("On Thanksgiving.", "We're closed on November 26, 2026."),
        ("Friday", "At what time?"),
        ("seven thirty pm", "In which name?"),
        ("Smith, S M Y T H", "Smyth"),
        ("yes", "a table for 2 on November 27, 2026 at 7:30 PM, shall I reserve it for Smyth?"),
        ("actually make it four people", "a table for 4"),
        ("yes", "I've reserved a table for 4 on November 27"),
    ],
    [
        ("A table for ten on Sunday at 5:30 pm", "In which name?"),
        ("Green", "right?"),
        ("yes", "more than 8 people"),
    ],
    [("How much is the sea bass?", "The grilled sea bass costs $27.00.")],
    [("Is the risotto vegetarian?", "It's vegetarian.")],
    [("Can I bring my dog?", "Small dogs are welcome")],
    [("Where are you?", "9 Orchard Street")],
    [("Are you open on Monday?", "Monday, November 30, 2026, we're closed")],
    [("I want to speak to a human.", "+1 555 010 0155")],
    [("What's the capital of Peru?", "I can't help with that. I can reserve a table")],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fourth") / "business_fourth"
    copy_business(ROOT / "tests/data/business_fourth", made, Path(f"{made}.db"))
    seed(made, Path(f"{made}.db"), TODAY)
    return made


@pytest.fixture(scope="module")
def restaurant(folder: Path, embedder: Embedder) -> Iterator[BusinessDialogue]:
    tree = Tree(
        dialogue=Dialogue(business_dir=folder.parent), knowledge=Knowledge(dir=ROOT / "data/cache/knowledge")
    )
    dialogue = open_dialogue(tree, "business_fourth", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()


def test_it_has_no_mistake(folder: Path) -> None:
    assert list(_business(folder, Tree())) == []


@pytest.mark.parametrize("turns", CALLS, ids=lambda turns: turns[0][0])
async def test_its_callers_are_answered(turns: list[tuple[str, str]], restaurant: BusinessDialogue) -> None:
    conversation = restaurant.open()
    for said, answer in turns:
        reply = await conversation.respond(said)
        text = " ".join([sentence.text async for sentence in reply.sentences])
        assert answer in text, f"after {said!r}: {text!r} ({reply.intent}, {dict(reply.slots)})"


@pytest.mark.parametrize(
    ("said", "asked", "many"),
    [
        ("a table for four at half past seven", False, 4),
        ("two", True, 2),
        ("a party of eight at 7:30", False, 8),
        ("five of us on Friday the 27th", False, 5),
        ("at seven thirty", True, None),
        ("just a couple", True, 2),
        ("a table on December third", False, None),
        ("I'd like a table", False, None),
        ("twenty two", True, 22),
    ],
)
def test_how_many_is_told_from_when(said: str, asked: bool, many: int | None) -> None:
    found = count(said, TODAY, asked=asked)
    assert (found.value if found else None) == many
