"""Trains an adapter by a recipe, stage after stage, into a run's folder; goes on where a killed run was."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accelerate import PartialState
from peft import LoraConfig, PeftModel, get_peft_model, load_peft_weights, set_peft_model_state_dict
from transformers import TrainingArguments, set_seed

from finetune.runs import SCHEMA, Run, RunError, hashes, machine_document, sources, versions
from finetune.train.base import load_base, load_tokenizer
from finetune.train.forecast import check_memory, is_out_of_memory, ran_out
from finetune.train.journal import Journal, memory_peak_bytes
from finetune.train.lessons import Lessons, lessons, stage_folder
from finetune.train.memory import misfit, this_machine
from finetune.train.order import Order
from finetune.train.packing import ATTENTION
from finetune.train.recipe import Recipe, RecipeError, read_recipe, write_recipe
from finetune.train.trainer import (
    PackedTrainer,
    checkpoints,
    precision_here,
    save_adapter,
    settings,
    steps_of,
)

Tell = Callable[[str], None]


def teach(recipe: Recipe, data: Path, run: Run, *, resume: bool, tell: Tell) -> dict[str, Any]:
    """Trains, and gives what `run.json` says at the end.

    Raises `RecipeError`, `RunError`, `DataError` and `BaseError` before a weight is loaded where recipe,
    folder, data or machine don't go together.
    """
    if (why := misfit(recipe, this_machine())) is not None:
        raise RecipeError(f"The recipe doesn't fit this machine: {why}.")
    began = time.monotonic()
    folders = [stage_folder(stage, data) for stage in recipe.stages]
    tokenizer = load_tokenizer(recipe.base)
    learned = [lessons(recipe, stage, data, tokenizer) for stage in recipe.stages]
    for number, one in enumerate(learned, 1):
        check_memory(recipe, number, one.longest, one.most_learned, this_machine())
    processes = PartialState().num_processes
    steps = [
        steps_of(stage, len(one.train), processes) for stage, one in zip(recipe.stages, learned, strict=True)
    ]
    document = begin(recipe, {str(at): hashes(folder) for at, folder in enumerate(folders, 1)}, run, resume)
    document |= {"sources": sources(folders)}  # now: a damaged card would lose the training at its end
    base = load_base(recipe.base, precision=precision_here(recipe), bits=recipe.bits, tokenizer=tokenizer)
    base.model.set_attn_implementation(ATTENTION)
    model = with_adapter(base.model, recipe)
    trained, total = model.get_nb_trainable_parameters()
    tell(f"{trained:,} of {total:,} parameters are trained ({trained / total:.2%})")
    figures = [
        _stage(recipe, number, model, one, count, run, tell)
        for number, (one, count) in enumerate(zip(learned, steps, strict=True), 1)
    ]
    took_s = round(time.monotonic() - began, 1)
    return finish(run, model, document, {"took_s": took_s, "stages": figures})


def with_adapter(model: Any, recipe: Recipe) -> PeftModel:
    """A new adapter by the recipe's seed in the layers of `model`: it changes nothing yet."""
    set_seed(recipe.seed)
    lora = recipe.lora
    return get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=list(lora.targets),
            bias=lora.bias,
            task_type="CAUSAL_LM",
        ),
    )


def begin(recipe: Recipe, data: dict[str, Any], run: Run, resume: bool) -> dict[str, Any]:
    """`run.json` of a run that begins, or goes on with the same recipe and data; `data` has its hashes.

    Raises `RunError` where the folder has another run, one that is done, or none to go on with.
    """
    if not PartialState().is_main_process:
        return {}
    known = run.document()
    if not resume:
        if known:
            raise RunError(f"{run.folder} has a run: go on with --resume, or give another --out.")
        run.folder.mkdir(parents=True, exist_ok=True)
        write_recipe(run.recipe, recipe)
        known = {
            "schema": SCHEMA,
            "state": "running",
            "began": datetime.now(UTC).isoformat(timespec="seconds"),
            "base": recipe.base,
            "recipe": recipe.model_dump(mode="json"),
            "seed": recipe.seed,
            "data": data,
            "versions": versions(),
            "machine": machine_document(this_machine()),
        }
        run.write(known)
        return known
    if not known:
        raise RunError(f"{run.folder} has no run to go on with: leave --resume out.")
    if run.done:
        raise RunError(f"{run.folder} is done: its adapter is in {run.adapter}.")
    if read_recipe(run.recipe) != recipe:
        raise RunError(f"{run.folder} was begun with another recipe: {run.recipe} has it.")
    if known.get("data") != data:
        raise RunError(f"{run.folder} was begun with other data: give the same, or another --out.")
    return known


def finish(run: Run, model: PeftModel, document: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The adapter and the figures into the run's folder, each whole or not at all; what `run.json` says."""
    trained, total = model.get_nb_trainable_parameters()
    known = {
        "trainable_parameters": trained,
        "parameters": total,
        "memory_peak_bytes": memory_peak_bytes(),
        **figures,
    }
    document = document | {"state": "done", "figures": known}
    if PartialState().is_main_process:
        partial = run.folder / "adapter.partial"
        save_adapter(model, partial)
        shutil.rmtree(run.adapter, ignore_errors=True)
        partial.rename(run.adapter)
        run.write(document)
    return document


def _stage(
    recipe: Recipe, number: int, model: PeftModel, learned: Lessons, steps: int, run: Run, tell: Tell
) -> dict[str, Any]:
    """Trains a stage, or what is left of it; its figures."""
    stage = recipe.stages[number - 1]
    folder = run.checkpoints / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    kept = checkpoints(folder)
    last = kept[-1] if kept else None
    journal = Journal(run, number, stage.name)
    if last is not None and int(last.name.rpartition("-")[2]) >= steps:
        set_peft_model_state_dict(model, load_peft_weights(str(last)))
    else:
        tell(
            f"{stage.name}: {len(learned.train)} rows, {steps} steps"
            f"{f', on from {last.name}' if last is not None else ''}"
        )
        order = Order(learned.train, stage.together, recipe.seed + number)
        trainer = PackedTrainer(
            model, TrainingArguments(**settings(recipe, stage, folder, steps)), learned, order, journal
        )
        try:
            trainer.train(resume_from_checkpoint=str(last) if last is not None else None)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise ran_out(recipe, number, learned.longest, learned.most_learned, this_machine()) from error
        finally:
            journal.close()
    lines = [line for line in run.logged() if line["stage"] == number]
    losses = [line["loss"] for line in lines if "loss" in line]
    validated = [line["validation_loss"] for line in lines if "validation_loss" in line]
    return {
        "name": stage.name,
        "rows": len(learned.train),
        "steps": steps,
        "loss": losses[-1] if losses else None,
        "validation_loss": validated[-1] if validated else None,
        "tokens_per_s": next((line["tokens_per_s"] for line in reversed(lines) if "loss" in line), None),
    }
