"""An export: its folder, its refusals, and that llama.cpp says with it what peft says, to the last head."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from agent.llm import gguf
from agent.models import require
from agent.models.verify import sha256_of
from agent.settings.tree import Models
from finetune.cli.main import main
from finetune.export import parity
from finetune.export.adapter import read_adapter
from finetune.export.errors import ExportError
from finetune.export.folder import Wanted, export
from finetune.export.gguf_names import GgufNames
from finetune.export.lora_gguf import write_lora
from finetune.export.model_gguf import write_model
from finetune.runs import sources
from finetune.train.architecture import Architecture, base_sizes

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Taught:
    """A tiny base as llama.cpp loads it, and an adapter that changes it much."""

    base: Path
    """The folder of transformers."""
    sizes: Architecture
    gguf: Path
    adapter: Path
    model: Any
    prompts: list[list[int]]
    logits: list[Any]


def teach(base: Path, folder: Path, **settings: Any) -> Any:
    """A random adapter over the model in `base`, saved as peft saves it; B isn't zero."""
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_pretrained(base)
    wrapped = get_peft_model(
        model, LoraConfig(**{"r": 4, "lora_alpha": 8, "target_modules": TARGETS} | settings)
    )
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.3)
    wrapped.save_pretrained(folder)
    return wrapped.eval()


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def taught(
    request: pytest.FixtureRequest, tiny: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Taught:
    base = tiny(request.param)
    folder = tmp_path_factory.mktemp(f"taught-{request.param}")
    model = teach(base, folder / "run" / "adapter")
    sizes = base_sizes(str(base))
    assert sizes is not None
    vocabulary = next(require(Models(), "smollm2-135m").glob("*.gguf"))
    write_model(folder / "base.gguf", AutoModelForCausalLM.from_pretrained(base), sizes, vocabulary)
    random = np.random.default_rng(5)
    prompts = [random.integers(20, 49_000, 24).tolist() for _ in range(30)]
    logits = parity.trained_logits(model, prompts)
    return Taught(base, sizes, folder / "base.gguf", folder / "run", model, prompts, logits)


def served(taught: Taught, adapter: Path | None) -> parity.Parity:
    return parity.compare(taught.logits, parity.served_probabilities(taught.gguf, adapter, taught.prompts))


def quiet(_: str) -> None:
    pass


def test_llama_cpp_says_what_peft_says(taught: Taught, tmp_path: Path) -> None:
    export(taught.adapter, tmp_path / "out", Wanted(), tell=quiet)
    found = served(taught, tmp_path / "out" / "adapter.gguf")
    assert found.top1 > 0.9  # a random model's likeliest tokens are nearly equal
    assert found.kl_max < 1e-5
    without = served(taught, None)
    assert without.top1 < 0.5 and without.kl_mean > 100 * found.kl_max


def test_heads_in_the_wrong_order_are_seen(
    taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """llama without the reordering of q and k, qwen2 with it: nothing fails, and the words are others."""
    wrong = {"q_proj": taught.sizes.heads, "k_proj": taught.sizes.key_value_heads}

    def heads(_: GgufNames, layer: str) -> int | None:
        return None if taught.sizes.family == "llama" else wrong.get(layer.rsplit(".", 1)[1])

    monkeypatch.setattr(GgufNames, "heads", heads)
    write_lora(tmp_path / "wrong.gguf", read_adapter(taught.adapter), taught.sizes)
    found = served(taught, tmp_path / "wrong.gguf")
    assert found.top1 < 0.9
    assert found.kl_mean > 1e-4


def test_merged_weights_say_what_the_adapter_said(taught: Taught, tmp_path: Path) -> None:
    made = export(taught.adapter, tmp_path / "out", Wanted(gguf=False, merge=True), tell=quiet)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "merged").eval()
    for ours, theirs in zip(
        parity.trained_logits(merged, taught.prompts[:5]), taught.logits[:5], strict=True
    ):
        assert np.allclose(ours, theirs, atol=1e-4)
    assert "merged/model.safetensors" in made["files"] and "adapter.gguf" not in made["files"]  # type: ignore[operator]


OF_A_SHOP = {"source": "business:shop", "licence": "the business's own", "rows": 5, "sha256": "ab"}


def test_what_was_taught_is_told_with_its_licence_each_source_once(tmp_path: Path) -> None:
    dialogues = {**OF_A_SHOP, "source": "schema-guided:a.jsonl", "licence": "CC BY-SA 4.0"}
    for name, of in (("first", [OF_A_SHOP]), ("second", [dialogues, OF_A_SHOP])):
        (tmp_path / name).mkdir()
        card = {"sources": [{**one, "left_out": {}} for one in of]}
        (tmp_path / name / "card.json").write_text(json.dumps(card))
    (tmp_path / "without a card").mkdir()
    assert sources(sorted(tmp_path.iterdir())) == [OF_A_SHOP, dialogues]


@pytest.fixture
def run(tiny: Callable[[str], Path], tmp_path: Path) -> Path:
    """A run's folder with an adapter over the tiny llama."""
    teach(tiny("llama"), tmp_path / "run" / "adapter", target_modules=["q_proj", "v_proj"])
    record = {"data": {"train.jsonl": "abc"}, "sources": [OF_A_SHOP], "seed": 7, "log": "not the manifest's"}
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    return tmp_path / "run"


def test_the_manifest_tells_base_data_and_the_hash_of_each_file(
    run: Path, tiny: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        main(["export", str(run), "--out", str(out), "--outtype", "f32", "--json"])
    assert not ended.value.code
    made = json.loads((out / "manifest.json").read_text())
    assert json.loads(capsys.readouterr().out) == made
    assert made["base"] == str(tiny("llama")) and made["architecture"] == "llama"
    assert (made["rank"], made["alpha"], made["targets"]) == (4, 8, ["q_proj", "v_proj"])
    assert made["parameters"] == 2 * (4 * (64 + 64) + 4 * (64 + 32))
    assert made["run"] == {"sources": [OF_A_SHOP], "data": {"train.jsonl": "abc"}, "seed": 7}
    there = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert there == {*made["files"], "manifest.json"}
    for name, file in made["files"].items():
        assert sha256_of(out / name) == file["sha256"]
    header = gguf.read(out / "adapter.gguf")
    assert header.values["adapter.lora.alpha"] == 8
    assert header.shapes["blk.0.attn_v.weight.lora_b"] == (4, 32)


def test_an_earlier_export_is_exchanged_and_other_folders_are_left_alone(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = export(run, out, Wanted(outtype="f32"), tell=quiet)
    second = export(out, out, Wanted(outtype="f16"), tell=quiet)
    files = [made["files"]["adapter.gguf"]["bytes"] for made in (first, second)]  # type: ignore[index]
    assert files[1] < 0.6 * files[0]
    assert not (tmp_path / "out.partial").exists()
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match="holds other files"):
        export(run, strange, Wanted(), tell=quiet)
    assert [path.name for path in strange.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "biases"),
        ({"peft_type": "IA3"}, "no LoRA adapter"),
        ({"r": 5}, "isn't of rank 5"),
        ({"base_model_name_or_path": "somebody/else"}, r"'somebody/else'.*--base"),
    ],
)
def test_what_cant_be_served_is_refused_with_a_sentence(
    run: Path, tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    path = run / "adapter" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    with pytest.raises(ExportError, match=said):
        export(run, tmp_path / "out", Wanted(), tell=quiet)
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.partial").exists()


def test_a_damaged_adapter_is_a_sentence(run: Path, tmp_path: Path) -> None:
    weights = run / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ExportError, match="can't be read"):
        export(run, tmp_path / "out", Wanted(), tell=quiet)
    with pytest.raises(ExportError, match="holds no adapter"):
        export(tmp_path / "nowhere", tmp_path / "out", Wanted(), tell=quiet)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--outtype", "q4"], "f16 or f32"),
        (["--check", "rows.jsonl"], "has no GGUF here to serve the adapter on"),
        (["--base", "nobody/nothing"], "isn't known here"),
    ],
)
def test_wrong_wishes_end_with_2_and_a_sentence(
    run: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", str(run), "--out", str(tmp_path / "out"), *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def likelier(*scores: float) -> Any:
    return np.array(scores, np.float32)


def test_the_comparison_by_hand() -> None:
    """p = (1/2, 1/4) of the served two, q = (1/4, 1/2): KL = 1/3 ln 2 after both are made to sum to 1."""
    logits: Sequence[Any] = [np.log(likelier(0.25, 0.5, 0.25))]
    found = parity.compare(logits, [{0: float(np.log(0.5)), 1: float(np.log(0.25))}])
    assert found.top1 == 0.0
    assert found.kl_mean == pytest.approx(np.log(2) / 3, abs=1e-6)
    assert found.covered == pytest.approx(0.75)
