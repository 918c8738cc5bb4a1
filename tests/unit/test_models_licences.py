"""docs/licences.md names everything that Ringdown stands on."""

import re
import tomllib
from itertools import chain

from agent.models.manifest import read
from agent.settings import ROOT

PAGE = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|", PAGE, re.M))


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    return [re.split(r"[\[=;<>! ]", line)[0] for line in lines]


def test_each_dependency_of_pyproject_stands_in_the_table():
    names = dependencies()
    assert len(names) > 30
    assert [name for name in names if name not in ROWS] == []


def test_each_weight_stands_in_its_table_with_what_it_is_and_its_licence():
    weights = read()
    assert len(weights) == 9
    for name, weight in weights.items():
        row = re.search(rf"^\| {re.escape(name)} \| .+ \| (.+) \|$", PAGE, re.M)
        assert row and row[1] == weight.licence, name


def test_the_gpl_is_told_of_and_where_its_border_runs():
    assert ROWS["piper-tts"].startswith("GPL")
    assert "process of its own" in PAGE and "espeak" in PAGE
