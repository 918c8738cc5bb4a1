"""The manual's first half makes a business: its texts, written as it says, answer the callers it names."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.cli.check import _business
from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.dialogue.seeding import seed
from agent.dialogue.skeleton import new_business
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
STEP = re.compile(
    r"(?P<how>Write|Put into) `(?P<file>[^`]+)`(?:, in the place of (?P<place>[^:]+))?:\n"
    r"```\w*\n(?P<text>.*?)\n```",
    re.S,
)


def section(text: str, place: str) -> tuple[int, int]:
    """Where a table, or what stands under a line of dashes, begins and ends."""
    if place.startswith("the section"):
        title = re.search(r'"(\w+)"', place)
        assert title is not None, place
        found = re.search(rf"(?ms)^# -+ {title[1]}\n.*?(?=^# ---)", text)
    else:
        found = re.search(rf"(?ms)^{re.escape(place.strip('`'))}\n.*?(?=^\[|^# ---)", text)
    assert found is not None, f"the skeleton has no {place}"
    return found.span()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual") / "library"
    new_business(folder, "Fernwood Library")
    manual = (ROOT / "docs/business.md").read_text("utf-8")
    steps = list(STEP.finditer(manual))
    assert len(steps) >= 6
    for step in steps:
        path, text = folder / step["file"], step["text"]
        if step["how"] == "Write":
            path.write_text(text + "\n", "utf-8")
        else:
            before = path.read_text("utf-8")
            begin, end = section(before, step["place"])
            path.write_text(f"{before[:begin]}{text}\n\n{before[end:]}", "utf-8")
    said = re.search(r'put "([^"]+)" into `\[capabilities\]`', manual)
    assert said is not None
    phrases = (folder / "phrases.toml").read_text("utf-8")
    phrases = re.sub(r"(\[capabilities\]\n.*\n.*\ntext = ).*", rf'\1"{said[1]}"', phrases)
    (folder / "phrases.toml").write_text(phrases, "utf-8")
    profile = (folder / "business.toml").read_text("utf-8")
    profile = profile.replace("sqlite:///data/library.db", f"sqlite:///{folder}/library.db")
    (folder / "business.toml").write_text(profile, "utf-8")
    seed(folder, folder / "library.db", date(2026, 11, 24))
    return folder


@pytest.fixture
def library(written: Path, embedder: Embedder) -> Iterator[BusinessDialogue]:
    seed(written, written / "library.db", date(2026, 11, 24))
    tree = Tree(
        dialogue=Dialogue(business_dir=written.parent), knowledge=Knowledge(dir=ROOT / "data/cache/knowledge")
    )
    dialogue = open_dialogue(tree, "library", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()


def test_what_the_manual_writes_has_no_mistake(written: Path) -> None:
    assert list(_business(written, Tree())) == []


@pytest.mark.parametrize(
    "turns",
    [
        [("When are my books due?", "library card"),
         ("two zero zero zero one four", "You have 2 books. The Long Winter, due on November 28, 2026."),
         ("Renew them please", "I can renew 2 of your books until December 15, 2026, shall I do that?"),
         ("yes", "I've renewed 2 of your books until December 15, 2026."),
         ("When are my books due?", "The Long Winter, due on December 15, 2026.")],
        [("Can I keep my book longer? My card is 200027.", "Somebody is waiting")],
        [("Which books do I have? 200031", "nothing to bring back")],
        [("How high are your fines?", "A late book costs $0.20 a day.")],
        [("What does printing cost?", "A page costs 10 cents.")],
        [("Are you open on Monday?", "Monday, November 30, 2026, we're closed")],
        [("Can I talk to a person?", "+1 555 010 0166")],
        [("What's the capital of Peru?", "I can't help with that. I can tell you when books are due")],
    ],
    ids=lambda turns: turns[0][0],
)  # fmt: skip
async def test_its_callers_are_answered(turns: list[tuple[str, str]], library: BusinessDialogue) -> None:
    conversation = library.open()
    for said, answer in turns:
        reply = await conversation.respond(said)
        text = " ".join([sentence.text async for sentence in reply.sentences])
        assert answer in text, f"after {said!r}: {text!r} ({reply.intent})"
