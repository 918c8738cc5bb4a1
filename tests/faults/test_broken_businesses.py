"""Each of many mistakes in a business's folder is told once, with its line and what would be right."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from agent.cli.check import _business
from agent.dialogue.seeding import seed
from agent.dialogue.skeleton import new_business
from agent.settings import Tree

BUSINESS, PHRASES, TOOLS, INTENTS = "business.toml", "phrases.toml", "tools.toml", "intents.toml"

BROKEN = yaml.safe_load((Path(__file__).parent / "broken_businesses.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new business with its database, to be broken."""
    folder = tmp_path_factory.mktemp("whole") / "corner_bakery"
    new_business(folder)
    seed(folder, folder / "corner_bakery.db", date(2026, 11, 24))
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "corner_bakery"))


def told(folder: Path) -> list[str]:
    return list(_business(folder, Tree()))


@pytest.mark.parametrize("mistake", BROKEN, ids=lambda mistake: str(mistake["new"])[:50])
def test_a_mistake_is_told_once_with_its_line(mistake: dict[str, str | None], folder: Path) -> None:
    file, old, new, line, said = (mistake[key] for key in ("file", "old", "new", "line", "said"))
    assert file is not None and old is not None and new is not None and said is not None
    text = (folder / file).read_text("utf-8")
    assert text.count(old) >= 1, "the skeleton has changed"
    broken = text.replace(old, new, 1)
    (folder / file).write_text(broken, "utf-8")
    found = told(folder)
    assert len(found) == 1, "\n".join(found)
    place = re.match(r"(\S+?):(\d+): ", found[0])
    assert place is not None, found[0]
    assert said in found[0]
    if line is not None:
        lines = Path(place[1]).read_text("utf-8").splitlines()
        assert line in lines[int(place[2]) - 1], f"{found[0]}\n{lines[int(place[2]) - 1]}"
    else:
        assert place[1] == str(folder / file)


def test_there_are_forty_mistakes_and_a_whole_folder_has_none(folder: Path) -> None:
    assert len(BROKEN) >= 40 and told(folder) == []


def test_all_mistakes_of_all_files_are_told_together(folder: Path) -> None:
    for file, old, new in (
        (BUSINESS, 'country = "US"', 'country = "USA"'),
        (BUSINESS, "timezone", "timezon"),
        (PHRASES, 'kind = "social"', 'kind = "sozial"'),
        (PHRASES, "{kept_days} days", "14 days"),
        (TOOLS, "item, state, ready_date,", "items, state, ready_date,"),
        (TOOLS, "length = 4", "length = 40"),
        (INTENTS, 'action = "human"', 'action = "humane"'),
        (INTENTS, 'tool = "order_status"', 'tool = "order_state"'),
    ):
        text = (folder / file).read_text("utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    found = "\n".join(told(folder))
    parts = ("USA", "timezon", "sozial", "'14' is proven", "column: items", "order_number.length")
    for part in (*parts, "humane", "order_state"):
        assert part in found, found
    assert len(found.splitlines()) == 8, found


def test_files_that_aren_t_there_and_a_database_that_isn_t_are_told(folder: Path) -> None:
    text = (folder / BUSINESS).read_text("utf-8")
    (folder / BUSINESS).write_text(text.replace("corner_bakery.db", "nowhere.db"), "utf-8")
    (only,) = told(folder)
    assert f"{folder / BUSINESS}:" in only and "agent business seed" in only
    (folder / INTENTS).unlink()
    (folder / PHRASES).unlink()
    found = told(folder)
    assert [
        f"{folder / name} isn't there" in found[place] for place, name in enumerate((PHRASES, INTENTS))
    ] == [
        True,
        True,
    ]
