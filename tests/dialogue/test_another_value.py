"""Another value for the last wish: with all that the caller names of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.dialogue.seeding import seed
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge
from tests.copied_business import copy_business


@pytest.fixture
def utility(tmp_path: Path, embedder: Embedder) -> Iterator[BusinessDialogue]:
    database = tmp_path / "utility.db"
    seed(
        copy_business(ROOT / "config/business/utility", tmp_path / "utility", database),
        database,
        date(2026, 11, 24),
    )
    tree = Tree(
        dialogue=Dialogue(business_dir=tmp_path), knowledge=Knowledge(dir=ROOT / "data/cache/knowledge")
    )
    dialogue = open_dialogue(
        tree, "utility", embedder=embedder, clock=lambda: datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    )
    yield dialogue
    dialogue.close()


@pytest.mark.parametrize("first", [("Is there a power cut in 19932?",), ("Is there a power cut?", "19932")])
@pytest.mark.parametrize("other", ["and the water in 19934?", "What about the water in 19934?"])
async def test_a_zip_code_and_a_service_are_taken_together(
    first: tuple[str, ...], other: str, utility: BusinessDialogue
) -> None:
    """However the first zip code came: asked for, or in the question."""
    conversation = utility.open()
    for text in (*first, other):
        reply = await conversation.respond(text)
        told = " ".join([sentence.text async for sentence in reply.sentences])
    assert "The water in Fenwick is planned to be off" in told


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("I'm moving in on December 12", "move_in"),
        ("I'm moving out on December 12", "move_out"),
        ("I have no water", "report_outage"),
    ],
)
def test_wishes_that_lie_near_others_are_understood(said: str, wish: str, utility: BusinessDialogue) -> None:
    assert utility.shared.intents.find(said).name == wish
