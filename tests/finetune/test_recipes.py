"""Recipes: the shipped ones fit, wrong ones are told whole, and the arithmetic is the models' own."""

from pathlib import Path

import pytest

from agent.settings import ROOT
from finetune.train.architecture import known_bases
from finetune.train.recipe import RecipeError, read_recipe, write_recipe

SHIPPED = sorted(path for path in (ROOT / "config" / "finetune").glob("*.toml") if path.stem != "bases")
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
SEED = ROOT / "config" / "finetune" / "seed-qwen2.5-1.5b.toml"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_whole(path: Path) -> None:
    assert read_recipe(path).trainable_parameters > 0


def test_the_reference_recipe_to_the_letter() -> None:
    recipe = read_recipe(SEED)
    first, second = recipe.stages
    assert recipe.base == "Qwen/Qwen2.5-1.5B"
    assert recipe.trainable_parameters == 2_179_072
    assert recipe.architecture.parameters == 1_543_714_304
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.dropout) == (8, 16, 0.05)
    assert recipe.lora.targets == ATTENTION and recipe.lora.bias == "none"
    assert (first.learning_rate, first.batch, first.accumulation) == (2e-5, 1, 16)
    assert (first.epochs, first.max_steps, first.warmup_steps) == (3, 500, 50)
    assert (first.schedule, first.optimizer, recipe.precision) == ("linear", "adamw", "fp16")
    assert first.gradient_checkpointing and (first.log_steps, first.save_steps) == (10, 100)
    assert (second.epochs, second.max_steps) == (5, 200)


@pytest.mark.parametrize(
    ("base", "parameters", "lora"),
    [
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008, 921_600),
        ("Qwen/Qwen2.5-1.5B", 1_543_714_304, 2_179_072),
        ("Qwen/Qwen2.5-7B", 7_615_616_512, 5_046_272),
        ("Qwen/Qwen2.5-14B", 14_770_033_664, 12_582_912),
    ],
)
def test_parameters_are_those_of_the_models(base: str, parameters: int, lora: int) -> None:
    architecture = known_bases()[base]
    assert architecture.parameters == parameters
    assert architecture.lora_parameters(8, ATTENTION) == lora


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rank = 8", "rnk = 8", "did you mean rank?"),
        ("rank = 8", "rank = 0", "lora.rank is 0"),
        ('base = "Qwen/Qwen2.5-1.5B"', 'base = "Qwen/Qwen2.5-1.5"', "Qwen/Qwen2.5-1.5B is near"),
        ("bits = 16", "bits = 4", None),
        ('precision = "fp16"', 'precision = "fp61"', "precision is 'fp61'"),
        ("warmup_steps = 50", "warmup_steps = 500", "fewer than max_steps"),
        ("alpha = 16\n", "", "lora.alpha is missing"),
        ("[lora]", "[lora", "isn't TOML"),
    ],
)
def test_a_wrong_recipe_is_told(tmp_path: Path, old: str, new: str, told: str | None) -> None:
    path = tmp_path / "r.toml"
    text = SEED.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    if told is None:
        assert read_recipe(path).bits == 4
        return
    with pytest.raises(RecipeError, match=r"r\.toml") as caught:
        read_recipe(path)
    assert told in str(caught.value)


def test_four_bits_and_fp32_do_not_go_together(tmp_path: Path) -> None:
    text = SEED.read_text("utf-8").replace("bits = 16", "bits = 4").replace('"fp16"', '"fp32"')
    (tmp_path / "r.toml").write_text(text, "utf-8")
    with pytest.raises(RecipeError, match="not fp32"):
        read_recipe(tmp_path / "r.toml")


def test_each_mistake_is_told(tmp_path: Path) -> None:
    text = SEED.read_text("utf-8").replace("rank = 8", "rank = 0").replace("epochs = 3", "epochs = 0")
    (tmp_path / "r.toml").write_text(text, "utf-8")
    with pytest.raises(RecipeError) as caught:
        read_recipe(tmp_path / "r.toml")
    assert len(str(caught.value).splitlines()) == 2


def test_keys_are_changed_from_outside() -> None:
    recipe = read_recipe(SEED, ["lora.rank=4", "stages.batch=2", "precision=fp32", 'stages.categories=["a"]'])
    assert (recipe.lora.rank, recipe.precision) == (4, "fp32")
    assert [(stage.batch, stage.categories) for stage in recipe.stages] == [(2, ("a",))] * 2
    with pytest.raises(RecipeError, match="did you mean rank"):
        read_recipe(SEED, ["lora.rnk=4"])
    with pytest.raises(RecipeError, match="write key=value"):
        read_recipe(SEED, ["lora.rank"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_recipe_is_written_as_it_was_read(tmp_path: Path, path: Path) -> None:
    write_recipe(tmp_path / "recipe.toml", read_recipe(path))
    assert read_recipe(tmp_path / "recipe.toml") == read_recipe(path)
    assert [file.name for file in tmp_path.iterdir()] == ["recipe.toml"]
