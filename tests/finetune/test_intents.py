"""`finetune intents`: reading, splitting, training and measuring a head, with real vectors."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agent.dialogue.embeddings import WIDTH
from agent.dialogue.intent_head import NONE, HeadError, IntentHead
from agent.settings import ROOT
from finetune.data.errors import DataError
from finetune.data.utterances import Utterance, leaks, read_utterances, split
from finetune.evaluate.intents import score
from finetune.train.intent_head import choose_threshold

WISHES = {
    "water": ("the tap drips", "my pipe has burst", "there is a leak in the kitchen", "the drain is blocked"),
    "bill": ("how much do I owe", "what is on my invoice", "I want to pay", "when is the payment due"),
    "hours": ("when do you open", "are you open on Sunday", "how late are you there", "closing time today"),
    NONE: ("who won the match", "tell me a joke", "what is the capital of France", "sing a song"),
}


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    pairs = [("it drips", "water"), ("who won", NONE)]
    (tmp_path / "a.csv").write_text('text,category\n"it drips",water\nwho won,oos\n')
    (tmp_path / "a.tsv").write_text("water\tit drips\n-\twho won\n")
    (tmp_path / "a.json").write_text(
        json.dumps({"train": [["it drips", "water"]], "x": [["who won", "oos"]]})
    )
    (tmp_path / "a.jsonl").write_text('{"text": "it drips", "intent": "water"}\n["who won", "none"]\n')
    (tmp_path / "intents.toml").write_text(
        '[water]\nexamples = ["it drips"]\n[other]\naction = "none"\nexamples = ["who won"]\n'
    )
    for path in (*(tmp_path / f"a.{kind}" for kind in ("csv", "tsv", "json", "jsonl")), tmp_path):
        assert read_utterances(path) == tuple(Utterance(*pair) for pair in pairs), path


def test_a_business_is_taught_by_its_examples_and_by_what_stands_beside_them(tmp_path: Path) -> None:
    (tmp_path / "intents.toml").write_text('[water]\nexamples = ["it drips"]\n')
    (tmp_path / "utterances.tsv").write_text("water\tthe sink is full\n-\twho won\n")
    assert read_utterances(tmp_path) == (
        Utterance("it drips", "water"),
        Utterance("the sink is full", "water"),
        Utterance("who won", NONE),
    )
    (tmp_path / "utterances.tsv").write_text("no label here\n")
    with pytest.raises(DataError, match=r"utterances.tsv:1: a line is an intent"):
        read_utterances(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "said,meant\nx,y\n", "a.csv:1: the first line names the columns"),
        ("a.csv", "text,label\nx\n", "a.csv:2: the row has too few columns"),
        ("a.tsv", "water it drips\n", "a.tsv:1: a line is an intent"),
        ("a.json", "[1]", "row 1: write"),
        ("a.json", '{"a": 1}', "a list of"),
        ("a.jsonl", '{"text": "x", "intent": "y"}\n{', "a.jsonl:2: this isn't JSON"),
        ("a.txt", "x", "convert the file"),
        ("a.csv", "text,label\n", "holds no utterance"),
        ("intents.toml", "[x]\nsay = 1\n", "has no examples"),
    ],
)
def test_bad_data_is_named_with_its_place(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=told.replace("(", r"\(")):
        read_utterances(tmp_path / name)


def test_the_same_words_never_stand_on_two_sides() -> None:
    rows = [Utterance(text, label) for label, texts in WISHES.items() for text in texts]
    rows += [Utterance(row.text.upper() + "!", row.label) for row in rows]
    parts = split(rows, validation=0.25, test=0.25, seed=3)
    assert len(parts.train) + len(parts.validation) + len(parts.test) == len(rows)
    assert parts.test and parts.validation
    for one, other in (
        (parts.train, parts.test),
        (parts.train, parts.validation),
        (parts.validation, parts.test),
    ):
        assert leaks(one, other) == 0
    assert parts == split(rows, validation=0.25, test=0.25, seed=3)
    assert parts != split(rows, validation=0.25, test=0.25, seed=4)


def test_the_threshold_costs_at_most_a_two_hundredth() -> None:
    chances = np.linspace(0.2, 1.0, 1000)
    right = np.ones(1000, bool)
    threshold = choose_threshold(chances, right, right)
    assert (chances >= threshold).sum() == 995
    assert choose_threshold(chances, ~right, right) == 0.0


def test_a_head_is_kept_whole_and_refuses_other_encoders(tmp_path: Path) -> None:
    head = IntentHead(("a", "b"), np.eye(2, WIDTH, dtype=np.float32), np.zeros(2, np.float32), 0.6, "one")
    head.save(tmp_path / "h.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["h.npz"]
    again = IntentHead.load(tmp_path / "h.npz", "one")
    assert again.labels == head.labels and (again.weights == head.weights).all()
    vector = np.zeros(WIDTH, np.float32)
    assert again.find(vector) == (None, 0.5)
    vector[1] = 9.0
    assert again.find(vector)[0] == "b"
    with pytest.raises(HeadError, match="another encoder"):
        IntentHead.load(tmp_path / "h.npz", "two")
    (tmp_path / "h.npz").write_bytes((tmp_path / "h.npz").read_bytes()[:-40])
    with pytest.raises(HeadError, match="no intent head"):
        IntentHead.load(tmp_path / "h.npz", "one")


def test_scores_count_refusals_and_mistakes() -> None:
    head = IntentHead(("a", "b"), np.eye(2, WIDTH, dtype=np.float32) * 9, np.zeros(2, np.float32), 0.7, "e")
    vectors = np.zeros((4, WIDTH), np.float32)
    vectors[0, 0] = vectors[1, 0] = vectors[3, 0] = 1.0
    rows = [Utterance("", "a"), Utterance("", "b"), Utterance("", NONE), Utterance("", NONE)]
    scores = score(head, rows, vectors, 1)
    assert scores.accuracy.value == 0.5 and scores.accuracy.count == 2
    assert scores.out_of_scope_recall is not None and scores.out_of_scope_recall.value == 0.5
    assert scores.mistaken == (("b", "a", 1),)


def test_the_command_trains_measures_and_writes_a_head(tmp_path: Path) -> None:
    rows = [
        {"text": f"{before}{text}", "intent": label}
        for label, texts in WISHES.items()
        for text in texts
        for before in ("", "please, ", "hello, ")
    ]
    data = tmp_path / "said.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows))
    out = tmp_path / "head.npz"
    run = subprocess.run(
        [sys.executable, "-m", "finetune", "intents", data, "--share", "0.2", "--out", out, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    card = json.loads(run.stdout)
    assert card["test"]["accuracy_without_threshold"]["value"] > 0.8
    assert card["rows"]["train"] + card["rows"]["validation"] + card["rows"]["test"] == len(rows)
    with np.load(out) as file:
        assert json.loads(str(file["about"]))["card"]["data"] == [str(data)]


def test_a_leak_into_the_test_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "said.tsv"
    data.write_text("".join(f"{label}\t{text}\n" for label, texts in WISHES.items() for text in texts))
    run = subprocess.run(
        [sys.executable, "-m", "finetune", "intents", data, "--test", data, "--share", "0.3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "word for word" in run.stderr and "Traceback" not in run.stderr


def test_utterances_of_an_intent_that_is_not_taught_are_told_of(tmp_path: Path) -> None:
    data, other = tmp_path / "said.tsv", tmp_path / "other.tsv"
    data.write_text("".join(f"{label}\t{text}\n" for label, texts in WISHES.items() for text in texts))
    other.write_text("parking\twhere can I park\nwater\tmy sink is leaking\n-\tis it raining\n")
    run = subprocess.run(
        [sys.executable, "-m", "finetune", "intents", data, "--validation", other, "--test", other, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert (
        run.stderr.count("left out: 1 utterances of intents that the training data doesn't have (parking)")
        == 2
    )
    assert json.loads(run.stdout)["rows"] == {"train": 16, "validation": 2, "test": 2}
