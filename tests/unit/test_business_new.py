"""A new business is whole from the start, and editors know the shape of its files."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.business import app
from agent.cli.main import build
from agent.dialogue.business import BusinessError
from agent.dialogue.loader import load_business, mistakes
from agent.dialogue.schemas import FILES, known_keys, schema_text
from agent.dialogue.seeding import seed
from agent.dialogue.skeleton import new_business
from agent.settings import ROOT

CONFIG = ROOT / "config"


def test_a_new_business_has_no_mistake_and_its_own_name(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["new", str(tmp_path / "corner_bakery"), "--title", "The Corner Bakery"])
    assert ran.exit_code == 0, ran.output
    folder = tmp_path / "corner_bakery"
    checked = CliRunner().invoke(build("check"), ["check", "--business", str(folder)])
    assert (checked.exit_code, checked.stdout) == (0, "business: good\n"), checked.output
    business = load_business(folder)
    assert business.profile.name == "The Corner Bakery"
    assert "The Corner Bakery" in business.profile.greeting[0]
    assert {"hours", "human"} <= {str(intent.action) for intent in business.intents.values()}
    assert list(business.tools) == ["order_status"]
    assert not any("Example Business" in path.read_text("utf-8") for path in folder.rglob("*.toml"))


def test_a_name_that_is_taken_or_strange_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(BusinessError, match="already there"):
        new_business(tmp_path / "taken")
    with pytest.raises(BusinessError, match="small letters"):
        new_business(tmp_path / "Corner Bakery")
    assert not (tmp_path / "Corner Bakery").exists() and list((tmp_path / "taken").iterdir()) == []


def test_a_seed_counts_dates_from_its_day_and_names_the_line_of_a_mistake(tmp_path: Path) -> None:
    script = tmp_path / "seed.sql"
    script.write_text(
        "-- a comment; with a semicolon\nCREATE TABLE visits (day TEXT, said TEXT, month TEXT);\n"
        "INSERT INTO visits\nVALUES (date('now', '+3 days'), 'now', strftime('%m', 'now'));\n",
        "utf-8",
    )
    assert seed(tmp_path, tmp_path / "x.db", date(2026, 12, 30)) == {"visits": 1}
    with closing(sqlite3.connect(tmp_path / "x.db")) as database:
        assert database.execute("SELECT * FROM visits").fetchall() == [("2027-01-02", "now", "12")]
    before = (tmp_path / "x.db").read_bytes()
    script.write_text(script.read_text("utf-8") + "\nINSERT INTO visit VALUES (1);\n", "utf-8")
    with pytest.raises(BusinessError, match=r"seed\.sql:6: SQLite says: no such table: visit"):
        seed(tmp_path, tmp_path / "x.db", date(2026, 12, 30))
    assert (tmp_path / "x.db").read_bytes() == before and not list(tmp_path.glob("*.part"))
    script.write_text("CREATE TABLE a (b);\nSELECT 1", "utf-8")
    with pytest.raises(BusinessError, match=r"seed\.sql:2: this statement doesn't end"):
        seed(tmp_path, tmp_path / "x.db", date(2026, 12, 30))


@pytest.mark.parametrize("file", FILES)
def test_the_schemas_are_those_of_the_models(file: str) -> None:
    path = CONFIG / "schema" / file.replace(".toml", ".schema.json")
    assert path.read_text("utf-8") == schema_text(file), "run `agent business schema`"


def test_every_file_of_every_business_names_its_schema() -> None:
    folders = [*(CONFIG / "business").iterdir(), CONFIG / "skeleton"]
    assert len(folders) >= 2
    for folder in folders:
        for file in (path.name for path in folder.glob("*.toml") if path.name in FILES):
            first = (folder / file).read_text("utf-8").splitlines()[0]
            assert first.startswith("#:schema "), f"{folder / file}"
            named = (folder / first.removeprefix("#:schema ")).resolve()
            assert named == CONFIG / "schema" / file.replace(".toml", ".schema.json")


def test_the_schemas_know_the_keys_of_each_table() -> None:
    assert "similarity" not in known_keys("intents.toml", ("hello",))
    assert {"tool", "say", "action", "examples"} <= set(known_keys("intents.toml", ("hello",)))
    assert {"say", "when", "then", "instead"} == set(known_keys("tools.toml", ("tools", "x", "answers", 0)))
    assert {"value", "kind"} == set(known_keys("business.toml", ("facts", "return_days")))


def test_the_skeleton_is_itself_a_business_without_mistakes() -> None:
    assert list(mistakes(CONFIG / "skeleton")) == []
