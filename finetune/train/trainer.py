"""transformers' Trainer on packed rows: their loss, checkpoints that are there whole or not at all."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PrinterCallback, Trainer, TrainingArguments

from finetune.data.errors import DataError
from finetune.train.encoding import Encoded
from finetune.train.journal import Journal
from finetune.train.lessons import Lessons
from finetune.train.order import Order
from finetune.train.packing import loss_sum, pack
from finetune.train.recipe import Precision, Recipe, Stage

KEPT = 2
"""Checkpoints of a stage that stay: the last, and the one before it."""
_SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


class WholeCheckpoints(Trainer):
    """Keeps the adapter alone, and checkpoints that are there whole or not at all."""

    _writing_to: str | None = None

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Transformers writes file by file: it gets a folder that is renamed when it is whole."""
        kept = Path(str(self.args.output_dir))
        partial = kept / "partial"
        name = f"checkpoint-{self.state.global_step}"
        if self.is_world_process_zero():
            shutil.rmtree(partial, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self._writing_to = str(partial)
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self._writing_to = None
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            shutil.rmtree(kept / name, ignore_errors=True)
            (partial / name).rename(kept / name)
            for old in checkpoints(kept)[:-KEPT]:
                shutil.rmtree(old)

    def _get_output_dir(self, trial: Any) -> str:
        return self._writing_to or super()._get_output_dir(trial)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        model = self.accelerator.unwrap_model(self.model)
        save_adapter(model, Path(output_dir or str(self.args.output_dir)))

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted."""
        return 0


class PackedTrainer(WholeCheckpoints):
    """Trains a peft model whose attention is `packing.ATTENTION`; a batch is one pack."""

    def __init__(
        self,
        model: PeftModel,
        arguments: TrainingArguments,
        lessons: Lessons,
        order: Order,
        journal: Journal,
    ) -> None:
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=lessons.train,  # type: ignore[arg-type]
            data_collator=_batch,
            callbacks=[order, journal],
        )
        self.remove_callback(PrinterCallback)
        self.model_accepts_loss_kwargs = True  # so that the learned tokens of a whole step are counted
        self.loss_is_scaled_for_ga = True
        self._order = order
        self._validation = lessons.validation
        self._journal = journal

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """The mean over the learned tokens of the step, on all devices, as transformers' own is."""
        assert num_items_in_batch is not None
        self._journal.tokens += inputs["pack"].row_tokens * self.accelerator.num_processes
        loss = loss_sum(model, inputs["pack"])
        return loss / num_items_in_batch * self.accelerator.num_processes

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Looks at validation first: what is kept is then logged whole."""
        if self._validation and self.is_world_process_zero():
            loss = mean_loss(self.model, self._validation, self.args.per_device_train_batch_size)
            self._journal.validated(self.state.global_step, loss)
        super()._save_checkpoint(model, trial)

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:
        return self._order


@torch.no_grad()
def mean_loss(model: Any, rows: Sequence[Encoded], batch: int) -> float:
    """Over the learned tokens of `rows`; `model` is left as it was, but for `train` and `eval`."""
    training = model.training
    model.eval()
    packs = [pack(rows[start : start + batch]).to(model.device) for start in range(0, len(rows), batch)]
    total = sum(loss_sum(model, one).item() for one in packs)
    model.train(training)
    return total / max(sum(one.learned for one in packs), 1)


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Peft's settings and weights. It would ask the hub for the base's vocabulary, which is never changed
    here, and writes a card that says nothing but where the base's files are."""
    model.save_pretrained(str(folder), selected_adapters=["default"], save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints in a stage's folder, the oldest first."""
    return sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))


def steps_of(stage: Stage, rows: int, processes: int = 1) -> int:
    """Optimizer steps of `stage` over `rows`. Raises `DataError` where all of them are warm-up."""
    batches = math.ceil(rows / (stage.batch * processes))
    steps = math.ceil(math.ceil(batches / stage.accumulation) * stage.epochs)
    steps = min(steps, stage.max_steps or steps)
    if stage.warmup_steps >= steps:
        raise DataError(
            f"Stage {stage.name} has {steps} steps on {rows} rows, and {stage.warmup_steps} of warm-up: "
            "give more rows, or set stages.warmup_steps lower."
        )
    return steps


def precision_here(recipe: Recipe) -> Precision:
    """The recipe's, but bf16 for fp16 where the card has it."""
    if recipe.precision == "fp16" and torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        return "bf16"
    return recipe.precision


def settings(recipe: Recipe, stage: Stage, folder: Path, steps: int) -> dict[str, Any]:
    """What `stage` asks of transformers' `TrainingArguments`; checkpoints go to `folder`."""
    precision = precision_here(recipe)
    return {
        "output_dir": str(folder),
        "per_device_train_batch_size": stage.batch,
        "gradient_accumulation_steps": stage.accumulation,
        "num_train_epochs": stage.epochs,
        "max_steps": steps,
        "learning_rate": stage.learning_rate,
        "warmup_steps": stage.warmup_steps,
        "lr_scheduler_type": _SCHEDULES[stage.schedule],
        "optim": "adamw_torch",
        "weight_decay": 0.0,
        "fp16": precision == "fp16",
        "bf16": precision == "bf16",
        "activation_checkpointing": stage.gradient_checkpointing,
        "activation_checkpointing_kwargs": {"use_reentrant": False} if stage.gradient_checkpointing else None,
        "logging_steps": stage.log_steps,
        "save_strategy": "steps",
        "save_steps": stage.save_steps,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "use_cpu": not torch.cuda.is_available(),
        "dataloader_pin_memory": False,
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "report_to": [],
        "log_level": "error",
    }


def _batch(rows: Sequence[Encoded]) -> dict[str, Any]:
    packed = pack(rows)
    return {"pack": packed, "labels": packed.targets, "shift_labels": packed.targets}
