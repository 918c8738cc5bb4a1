"""`finetune eval` and `finetune say` by a tiny random model: figures, the report, mistakes in sentences."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from peft import LoraConfig, get_peft_model

from finetune.cli.main import main
from finetune.data.rows import write_rows
from finetune.evaluate.candidates import Candidate
from finetune.evaluate.document import files_of
from finetune.evaluate.perplexity import Meter
from finetune.evaluate.report import page
from finetune.evaluate.report_curves import curve, nice_ticks
from finetune.evaluate.sides import Sides
from finetune.evaluate.speech import Labelled, heard, rates, read_labels
from finetune.evaluate.taught import find, served, served_base
from finetune.evaluate.writers import Asked, ServedWriter
from finetune.train.base import load_base
from finetune.train.encoding import encode
from tests.finetune.eval_rows import row


@pytest.fixture(scope="module")
def taught(tiny: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tiny model: a random adapter, a log, and a prepared folder `data` beside it."""
    run = tmp_path_factory.mktemp("taught") / "run"
    base = load_base(str(tiny("llama")))
    torch.manual_seed(3)
    targets = ["q_proj", "v_proj"]
    settings = LoraConfig(r=4, target_modules=targets, init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(base.model, settings).save_pretrained(str(run / "adapter"))
    lines = [{"stage": 0, "step": step, "loss": 3 - step / 10, "tokens_per_s": 90} for step in range(1, 9)]
    lines += [{"stage": 1, "step": 4, "loss": 2.0}, {"stage": 1, "step": 4, "validation_loss": 2.5}]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    data = run.parent / "data"
    data.mkdir()
    said = "Is <b>my</b> order & parcel there?"
    write_rows(data / "train.jsonl", [row(number, category="ab"[number % 2]) for number in range(8)])
    write_rows(data / "test.jsonl", [row(number, said, category="ab"[number % 2]) for number in range(12)])
    return run


@pytest.fixture(scope="module")
def made(taught: Path) -> Path:
    """The report's folder of a whole evaluation."""
    with pytest.raises(SystemExit) as ended:
        main(
            f"eval --data {taught.parent / 'data'} --run {taught} --rows 10 --group-rows 6 --shots 2 "
            "--max-tokens 8".split()
        )
    assert ended.value.code == 0
    return taught / "report"


def test_a_run_is_measured_beside_its_base_and_few_shot(made: Path, taught: Path) -> None:
    document = json.loads((made / "report.json").read_text())
    assert [one["name"] for one in document["candidates"]] == [
        "reference",
        "base, names",
        "few-shot, names",
        "adapter, names",
    ]
    for candidate in document["candidates"][1:]:
        measures = candidate["measures"]
        assert measures["missing"]["count"] == 10
        assert (
            measures["perplexity"]["low"] <= measures["perplexity"]["value"] <= measures["perplexity"]["high"]
        )
        assert "p50_ms" not in measures  # batches have no time of a reply
    perplexities = {one["name"]: one["measures"].get("perplexity") for one in document["candidates"]}
    assert perplexities["base, names"] != perplexities["adapter, names"] != perplexities["few-shot, names"]
    assert document["rows"] == {"count": 10, "scenarios": 6, "businesses": ["shop"]}
    assert document["data"]["sha256"] == files_of(taught.parent / "data")
    assert document["training"]["loss"][-1] == [12, 2.0]
    assert document["training"]["validation"] == [[12, 2.5]]
    assert document["forgetting"]["ratio"]["value"] > 0
    assert {"torch", "peft", "sacrebleu", "python"} <= set(document["versions"])
    assert set(document["candidates"][3]["by_category"]) <= {"a", "b"}


class Balanced(HTMLParser):
    """Raises nothing: keeps the tags that are open, and what was closed wrongly."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_report_is_one_whole_file_that_asks_for_nothing(made: Path) -> None:
    text = (made / "report.html").read_text()
    parser = Balanced()
    parser.feed(text)
    assert parser.open == [] and parser.wrong == []
    assert not re.search(r"(?:src|href)=|url\(|@import|<script|https?://", text)
    assert "Is &lt;b&gt;my&lt;/b&gt; order &amp; parcel there?" in text
    assert "<b>my</b>" not in text
    for heading in ("Side by side", "Training", "Other callers", "Forgetting", "Replies", "How it was"):
        assert f"<h2>{heading}" in text
    assert "light-dark(" in text


def test_the_report_says_better_only_where_the_whole_interval_does(made: Path) -> None:
    document = json.loads((made / "report.json").read_text())
    document["differences"][0]["measures"]["missing"] = {"value": -0.5, "low": -0.7, "high": -0.1, "count": 9}
    document["differences"][0]["measures"]["invented"] = {"value": 0.2, "low": -0.1, "high": 0.4, "count": 9}
    document["differences"][0]["measures"]["bleu"] = {"value": -9, "low": -12, "high": -1, "count": 9}
    text = page(document)
    cells = {
        name: text[text.index(f">{name}<small>") :].split("</tr>")[0] for name in ("Facts missing", "BLEU")
    }
    assert "better</span>" in cells["Facts missing"] and "worse</span>" in cells["BLEU"]
    assert "turn" not in text[text.index(">Facts invented<small>") :].split("</tr>")[0]


def test_perplexity_is_that_of_the_whole_logits(tiny: Callable[[str], Path]) -> None:
    sides = Sides(load_base(str(tiny("qwen2"))), None)
    rows = [row(), row(said="And the other?"), row(), row(facts={}, acts=["say: Goodbye."], reply="Goodbye.")]
    measured = Meter(sides, max_tokens=512).of_replies(rows, adapter=False, told="")
    for one, found in zip(rows, measured, strict=True):
        encoded = encode(sides.base.tokenizer, one, 512)
        ids, labels = torch.tensor([encoded.input_ids]), torch.tensor([encoded.labels])
        with torch.inference_mode():
            loss = sides.base.model(input_ids=ids, labels=labels).loss
        assert found.tokens == encoded.learned
        assert found.nats / found.tokens == pytest.approx(float(loss), rel=1e-4)


def test_a_run_without_an_export_is_served_by_a_file_for_the_while(taught: Path) -> None:
    adapter = find(taught)
    with served(adapter) as file:
        assert file.read_bytes()[:4] == b"GGUF"
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--base", "nobody/nothing"], "nobody/nothing"),
        ([], "Name what is to be measured"),
        (["--adapter", "{tmp}"], "holds no adapter"),
        (["--run", "{run}", "--adapter", "{run}"], "not both"),
        (["--run", "{run}", "--forms", "names,prose"], "prose"),
        (["--run", "{run}", "--forms", "names+grammar"], "no grammar can hold it"),
        (["--run", "{run}", "--forms", "free"], "--free-adapter"),
        (["--run", "{run}", "--data", "{tmp}/none.jsonl"], "can't be read"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    arguments: list[str], told: str, taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [one.format(tmp=tmp_path, run=taught) for one in arguments]
    with pytest.raises(SystemExit) as ended:
        main(["eval", "--data", str(taught.parent / "data"), *filled])
    assert ended.value.code in (1, 2)
    assert told in capsys.readouterr().err


def test_both_sides_answer_a_caller_and_the_seed_draws(
    taught: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*more: str) -> dict[str, dict[str, str]]:
        with pytest.raises(SystemExit) as ended:
            main(
                f"say Hello --run {taught} --fact ship_date:date=2026-11-27 --max-tokens 8 --json".split()
                + list(more)
            )
        assert ended.value.code == 0
        return dict(json.loads(capsys.readouterr().out))

    first = say()
    assert set(first) == {"base", "adapter"}
    assert first["base"] != first["adapter"]
    assert say() == first
    assert say("--seed", "2") != first
    assert say("--temperature", "0") == say("--temperature", "0", "--seed", "2")


@pytest.mark.parametrize("fact", ["ship date=1", "ship_date:moment=1", "ship_date"])
def test_a_fact_that_is_none_is_told(fact: str, taught: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["say", "Hello", "--run", str(taught), "--fact", fact])
    assert ended.value.code == 2
    assert f"--fact {fact}" in capsys.readouterr().err


def test_word_errors_by_voice_and_accent(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        soundfile.write(tmp_path / name, np.zeros(80, dtype=np.float32), 8000)
    (tmp_path / "labels.tsv").write_text(
        "wav\ttext\tvoice\taccent\n"
        'a.wav\tMy order is 12345.\tjoe\tAmerican\nb.wav\tWhere is "it"?\tjoe\tAmerican\n'
        "c.wav\tWhere is it?\tann\tScottish\n"
    )
    texts = {"a.wav": "my order is one two three four five", "b.wav": "where is", "c.wav": "wear is its"}
    found = rates(heard(read_labels(tmp_path), lambda wav: texts[wav.name]), 1)
    assert found["by_voice"]["joe"]["wer"]["value"] == pytest.approx(1 / 11, abs=1e-4)
    assert found["by_accent"]["Scottish"]["wer"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["all"]["recordings"] == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wav\ttext\tvoice\n", "accent is missing"),
        ("wav\ttext\tvoice\taccent\nx.wav\thi\tj\ta\n", "labels.tsv:2: x.wav isn't in"),
        ("wav\ttext\tvoice\taccent\nx.wav\thi\n", "labels.tsv:2: the line has too few columns"),
        ("wav\ttext\tvoice\taccent\n", "no line but its first"),
    ],
)
def test_wrong_labels_are_named(tmp_path: Path, text: str, told: str) -> None:
    from finetune.data.errors import DataError

    (tmp_path / "labels.tsv").write_text(text)
    with pytest.raises(DataError, match=told):
        read_labels(tmp_path)
    assert Labelled(tmp_path, "a", "b", "c").text == "a"


def test_ticks_are_round_and_hold_the_line() -> None:
    assert nice_ticks(0.13, 2.4, 5) == [0, 0.5, 1, 1.5, 2, 2.5]
    assert nice_ticks(3, 3, 5)[0] <= 3 <= nice_ticks(3, 3, 5)[-1]
    drawn = curve({"a": [(0, 1.0), (10, 2.0)]}, {"a": "good"}, "Loss", "steps")
    assert drawn.count("<polyline") == 1
    assert curve({"a": []}, {"a": "good"}, "Loss", "steps") == ""


def test_the_served_engine_writes_with_times_and_the_grammar_holds_it() -> None:
    model = served_base("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert model is not None
    writer = ServedWriter(model, None, max_tokens=12)
    candidate = Candidate("base", "names+grammar")
    digits = row(said="Say 1 2 3 4 5 6 7.", facts={}, acts=["say: 1 2 3 4 5 6 7"])
    free, held = writer.write(
        [Asked(digits.prompt), Asked(digits.prompt, candidate.grammar(digits))], adapter=False, told=""
    )
    assert any(sign.isdigit() for sign in free.text)
    assert held.text and not any(sign.isdigit() for sign in held.text)
    for reply in (free, held):
        assert reply.took_ms is not None and reply.first_ms is not None
        assert 0 < reply.first_ms <= reply.took_ms
        assert 0 < (reply.tokens or 0) <= 12


def test_values_are_written_by_the_adapter_that_was_taught_in_them(
    taught: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(
            f"eval --data {taught.parent / 'data'} --adapter {taught} --forms names,free "
            f"--free-adapter {taught} --rows 4 --group-rows 0 --max-tokens 8 --no-perplexity --json".split()
        )
    assert ended.value.code == 0
    document = json.loads(capsys.readouterr().out)
    measured = {one["name"]: one["measures"] for one in document["candidates"]}
    assert set(measured) == {"reference", "base, names", "few-shot, names", "adapter, names", "adapter, free"}
    assert measured["adapter, free"]["missing"]["count"] == 4
    assert "perplexity" not in measured["adapter, names"]
    assert [one["to"] for one in document["differences"]] == [
        "base, names",
        "few-shot, names",
        "adapter, free",
    ]
    assert document["groups"] == []
