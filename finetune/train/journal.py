"""What a run tells while it trains: logged steps in its log and in TensorBoard, a live line on stderr."""

import resource
import sys
import time
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.runs import Run

_PREFERENCES = {"rewards/accuracies": "accuracy", "rewards/margins": "margin"}
"""What trl tells of pairs: how often the chosen reply is preferred, and by how much."""


class Journal(TrainerCallback):
    """Of one stage. The trainer counts its rows' `tokens`."""

    def __init__(self, run: Run, stage: int, name: str) -> None:
        self._run = run
        self._stage = stage
        self._name = name
        self._board: SummaryWriter | None = None
        self._began = 0.0
        self._from = 0
        self._last: dict[str, Any] = {}
        self.seconds = 0.0
        """That were trained in this process."""
        self.steps = 0
        self.tokens = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._from = state.global_step
        self._began = time.monotonic()
        if state.is_world_process_zero:
            self._run.forget_after(self._stage, state.global_step)
            self._board = SummaryWriter(
                str(self._run.tensorboard / f"{self._stage}"), purge_step=state.global_step + 1
            )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """A checkpoint's step is logged too: what follows it starts a mean of its own, resumed or not."""
        control.should_log = control.should_log or control.should_save
        self.seconds = time.monotonic() - self._began
        self.steps = state.global_step - self._from
        if state.is_world_process_zero and sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{self._told(state)}")
            sys.stderr.flush()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        if logs is None or "loss" not in logs or not state.is_world_process_zero:
            return
        self._last = logs
        line = {
            "stage": self._stage,
            "step": state.global_step,
            "epoch": round(float(state.epoch or 0), 4),
            "loss": logs["loss"],
            "grad_norm": logs.get("grad_norm"),
            "learning_rate": logs["learning_rate"],
            "tokens_per_s": round(self.speed, 1),
            "seconds": round(self.seconds, 2),
            "memory_peak_bytes": memory_peak_bytes(),
        }
        line |= {name: logs[key] for key, name in _PREFERENCES.items() if key in logs}
        self._run.append(line)
        if self._board is not None:
            for key in set(line) - {"stage", "step", "epoch", "seconds"}:
                if line[key] is not None:
                    self._board.add_scalar(f"train/{key}", line[key], state.global_step)
            self._board.flush()
        if not sys.stderr.isatty():
            print(self._told(state), file=sys.stderr, flush=True)

    def validated(self, step: int, loss: float) -> None:
        """A look at validation: a line of its own."""
        self._run.append({"stage": self._stage, "step": step, "validation_loss": loss})
        if self._board is not None:
            self._board.add_scalar("validation/loss", loss, step)

    def close(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        if self._board is not None:
            self._board.close()

    @property
    def speed(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def _told(self, state: TrainerState) -> str:
        left = (state.max_steps - state.global_step) * self.seconds / max(self.steps, 1)
        loss = f"loss {self._last['loss']:.3f}, " if self._last else ""
        return (
            f"{self._name}: step {state.global_step} of {state.max_steps}, {loss}"
            f"{self.speed:.0f} tokens/s, {_clock(left)} left, {memory_peak_bytes() / 2**30:.1f} GiB at most"
        )


def memory_peak_bytes() -> int:
    """Of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
