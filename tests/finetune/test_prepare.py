"""`finetune prepare`: from sources to a data folder, whole or not at all."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from finetune.cli.main import main
from finetune.data.prepared import open_prepared
from finetune.data.rows import read_rows


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch, tokenizer: PreTrainedTokenizerBase) -> None:
    """The tokenizer that the session has read already."""
    monkeypatch.setattr("finetune.train.base.load_tokenizer", lambda _: tokenizer)


def finetune(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["prepare", *map(str, arguments)])
    return int(ended.value.code or 0)


def chats(path: Path, *replies: str, turns: int = 1) -> Path:
    documents: list[dict[str, Any]] = []
    for number, reply in enumerate(replies):
        asked = [
            {"role": role, "content": f"{content} {number}.{turn}"}
            for turn in range(turns - 1)
            for role, content in (("user", "And then?"), ("assistant", "Then this."))
        ]
        said = [{"role": "user", "content": f"Question {number}?"}, {"role": "assistant", "content": reply}]
        documents.append({"messages": [*asked, *said]})
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return path


def test_the_demo_holds_out_a_business_and_whole_services(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    assert finetune("config/finetune/data/demo.toml", "--out", out, "--json") == 0
    card = json.loads(capsys.readouterr().out)
    prepared = open_prepared(out)
    assert prepared.card == card
    train, validation, test = (prepared.rows(side) for side in ("train", "validation", "test"))
    assert [len(train), len(validation), len(test)] == [card["rows"][side] for side in card["rows"]]
    assert len(train) > 2_500 and len(validation) > 100 and len(test) > 700
    businesses = [{row.business for row in side} for side in (train, validation, test)]
    assert businesses[2] >= {"utility", "Trains_1", "Alarm_1", "Payment_1", "Messaging_1"}
    assert {"shop", "clinic"} <= businesses[0]
    assert not businesses[0] & businesses[1] and not (businesses[0] | businesses[1]) & businesses[2]
    for name, file in card["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == file["sha256"]
    assert {source["licence"] for source in card["sources"]} == {"CC BY-SA 4.0", "the business's own"}
    assert sum(sides["test"] for sides in card["categories"].values()) == len(test)
    assert "| utility | 0 | 0 |" in (out / "card.md").read_text()


def test_chats_are_split_by_scenario_and_their_licence_stands_on_the_card(tmp_path: Path) -> None:
    source = chats(tmp_path / "chats.jsonl", *(f"Answer number {n}." for n in range(40)))
    out = tmp_path / "data"
    made = (source, "--out", out, "--licence", "CC0", "--validation-share", "0.1", "--test-share", "0.1")
    assert finetune(*made) == 0
    assert [len(read_rows(out / f"{side}.jsonl")) for side in ("train", "validation", "test")] == [32, 4, 4]
    first = (out / "train.jsonl").read_bytes()
    assert finetune(*made) == 0  # an earlier folder is replaced
    assert (out / "train.jsonl").read_bytes() == first
    assert json.loads((out / "card.json").read_text())["sources"][0]["licence"] == "CC0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chats.jsonl", "data"]


def test_a_row_that_cannot_be_used_ends_it_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = chats(tmp_path / "chats.jsonl", *(f"Answer {n}." for n in range(30)), " ")
    with source.open("a") as file:
        file.write("{not json}\n")
    out = tmp_path / "data"
    assert finetune(source, "--out", out) == 2
    said = capsys.readouterr().err
    assert f"{source}:31: message 2 is empty" in said and f"{source}:32: this isn't JSON" in said
    assert "2 rows can't be used" in said
    assert not out.exists() and len(list(tmp_path.iterdir())) == 1
    assert finetune(source, "--out", out, "--skip-refused") == 0
    card = json.loads((out / "card.json").read_text())
    assert card["left_out"]["refused"] == 2 and len(card["refused"]) == 2


def test_truncation_is_an_error_unless_it_is_allowed(tmp_path: Path) -> None:
    source = chats(tmp_path / "chats.jsonl", *(f"Answer {n}." for n in range(30)), turns=5)
    out = tmp_path / "data"
    assert finetune(source, "--out", out, "--max-tokens", 60) == 2
    assert finetune(source, "--out", out, "--max-tokens", 60, "--allow-truncation") == 0
    card = json.loads((out / "card.json").read_text())
    assert card["truncated"] == 30 and card["tokens"]["train"]["longest"] <= 60
    assert read_rows(out / "train.jsonl")[0].reply.startswith("Answer")


def test_packed_rows_are_the_same_bytes_and_can_be_a_source(tmp_path: Path) -> None:
    packs = [tmp_path / "one.jsonl.gz", tmp_path / "two.jsonl.gz"]
    for path in packs:
        assert finetune("phrases:shop", "--pack", path) == 0
    assert packs[0].read_bytes() == packs[1].read_bytes()
    rows = gzip.decompress(packs[0].read_bytes()).decode().splitlines()
    out = tmp_path / "data"
    assert finetune(packs[0], "--out", out) == 0
    found = [row for side in ("train", "validation") for row in read_rows(out / f"{side}.jsonl")]
    assert len(found) == len(rows) > 100


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.jsonl", "--out", "OUT"], "nothing.jsonl isn't there"),
        (["business:shop"], "Say where it goes"),
        (["business:nobody", "--out", "OUT"], "There's no business 'nobody'"),
        (["business:shop", "--out", "OUT", "--test-business", "bank"], "There are no rows of 'bank'"),
        (["README.md", "--out", "OUT"], "chats come as .jsonl or .csv"),
        (["business:shop", "--out", "config"], "config is there and holds other things"),
        (["schema-guided:config", "--out", "OUT"], "schema.json isn't there"),
        (["nothing.toml", "--out", "OUT"], "nothing.toml isn't there"),
        (["pyproject.toml", "--out", "OUT"], "there's no key"),
    ],
)
def test_wrong_usage_is_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "data"
    assert finetune(*(out if word == "OUT" else word for word in arguments)) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("share = 1", "there's no key 'share'"),
        ("test_share = 0.9", "test_share is a share from 0 to 0.5, not 0.9"),
        ("seed = true", "seed is a whole number, not True"),
        ('test_businesses = "shop"', "test_businesses is a list of texts, not 'shop'"),
        ("base = [", "this isn't TOML"),
    ],
)
def test_a_mistake_in_a_plan_is_a_sentence(
    line: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'sources = ["business:shop"]\n{line}\n')
    assert finetune(plan, "--out", tmp_path / "data") == 2
    assert sentence in capsys.readouterr().err
