"""Direct preference optimisation by trl, on from an adapter that was trained on rows."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate import PartialState
from datasets import Dataset, disable_progress_bars
from peft import PeftModel
from transformers import PreTrainedTokenizerBase, PrinterCallback
from trl import DPOConfig, DPOTrainer

from agent.llm import chat
from agent.models.verify import sha256_of
from finetune.data.errors import DataError
from finetune.data.preferences import Preference, read_preferences
from finetune.runs import Run, RunError
from finetune.train.base import load_base, load_tokenizer
from finetune.train.journal import Journal
from finetune.train.memory import misfit, this_machine
from finetune.train.recipe import Recipe, RecipeError, read_recipe
from finetune.train.teaching import Tell, begin, finish
from finetune.train.trainer import WholeCheckpoints, checkpoints, precision_here, settings, steps_of


class PreferenceTrainer(WholeCheckpoints, DPOTrainer):
    """trl's, with our checkpoints; the adapter that it goes on from stays beside it, frozen."""

    def __init__(self, journal: Journal, **settings: Any) -> None:
        super().__init__(callbacks=[journal], **settings)
        self.remove_callback(PrinterCallback)
        self._journal = journal

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        self._journal.tokens += int(inputs["attention_mask"].sum()) * self.accelerator.num_processes
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)


def prefer(
    taught: Run, pairs: Path, run: Run, changes: Sequence[str], *, resume: bool, tell: Tell
) -> dict[str, Any]:
    """Trains on from the adapter of `taught` by its recipe's `preferences`; gives what `run.json` says.

    Raises `RunError`, `RecipeError`, `DataError` and `BaseError` before a weight is loaded.
    """
    if not (taught.adapter / "adapter_config.json").is_file():
        raise RunError(f"{taught.folder} has no adapter to go on from: train one by `finetune train`.")
    recipe = read_recipe(taught.recipe, changes)
    if (why := misfit(recipe, this_machine())) is not None:
        raise RecipeError(f"The recipe doesn't fit this machine: {why}.")
    began = time.monotonic()
    stage = recipe.preferences
    tokenizer = load_tokenizer(recipe.base)
    rows = dataset(read_preferences(pairs), recipe, tokenizer)
    steps = steps_of(stage, len(rows), PartialState().num_processes)
    hashes = {
        pairs.name: sha256_of(pairs),
        "adapter": sha256_of(taught.adapter / "adapter_model.safetensors"),
    }
    document = begin(recipe, hashes, run, resume)
    if "sources" in (first := taught.document()):
        document["sources"] = first["sources"]
    base = load_base(recipe.base, precision=precision_here(recipe), bits=recipe.bits, tokenizer=tokenizer)
    model = PeftModel.from_pretrained(base.model, str(taught.adapter), is_trainable=True)
    tell(f"{stage.name}: {len(rows)} pairs, {steps} steps, beta {stage.beta:g}")
    folder = run.checkpoints / "1"
    folder.mkdir(parents=True, exist_ok=True)
    kept = checkpoints(folder)
    journal = Journal(run, 1, stage.name)
    disable_progress_bars()
    logging.getLogger("trl").setLevel(logging.ERROR)
    trainer = PreferenceTrainer(
        journal,
        model=model,
        args=DPOConfig(
            **settings(recipe, stage, folder, steps),
            beta=stage.beta,
            max_length=recipe.max_tokens,
            disable_dropout=True,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    try:
        trainer.train(resume_from_checkpoint=str(kept[-1]) if kept else None)
    finally:
        journal.close()
    lines = [line for line in run.logged() if "loss" in line]
    figures = {"loss": lines[-1]["loss"], "accuracy": lines[-1].get("accuracy"), "steps": steps}
    took_s = round(time.monotonic() - began, 1)
    return finish(run, model, document, {"took_s": took_s, "stages": [{"name": stage.name, **figures}]})


def dataset(pairs: Sequence[Preference], recipe: Recipe, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    """The prompt's text is the live agent's; trl puts the end mark behind each reply. Raises `DataError`."""
    made = []
    for number, pair in enumerate(pairs, 1):
        prompt = chat.prompt(pair.prompt)
        longest = max(len(tokenizer.encode(prompt + reply)) for reply in (pair.chosen, pair.rejected))
        if longest >= recipe.max_tokens:
            raise DataError(
                f"Pair {number} has {longest} tokens, {recipe.max_tokens} are allowed: shorten it."
            )
        made.append(
            {"prompt": prompt, "chosen": chat.plain(pair.chosen), "rejected": chat.plain(pair.rejected)}
        )
    return Dataset.from_list(made)
