"""A stage may be taught in values instead of names."""

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

from finetune.data.rows import write_rows
from finetune.train.lessons import lessons
from finetune.train.recipe import FOLDER, read_recipe
from tests.finetune.eval_rows import row


@pytest.mark.parametrize(("form", "said"), [("names", "{order_number}"), ("free", "12345")])
def test_a_stage_is_taught_in_its_form(
    form: str, said: str, tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    write_rows(tmp_path / "train.jsonl", [row(number) for number in range(8)])
    recipe = read_recipe(FOLDER / "smollm2-135m.toml", [f"stages.form={form}"])
    taught = lessons(recipe, recipe.stages[0], tmp_path, tokenizer)
    text = tokenizer.decode(list(taught.train[0].input_ids))
    assert f"Order {said} shipped" in text
    assert ("{" in text) == (form == "names")
