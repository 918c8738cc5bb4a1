"""What training takes at its fullest, before it starts; and settings that would take less."""

from typing import Any

from agent.settings import UserError
from finetune.train.memory import GIB, Machine, floor_bytes
from finetune.train.recipe import Recipe

TOLD = 3
"""Settings that a sentence about too little memory names."""
SHARE = 0.9
"""Of a machine's memory that a run may fill."""
_LEAST_TOKENS = 64
_RUNTIME_BYTES = GIB // 2
"""Of Python, PyTorch and its libraries."""


class OutOfMemory(UserError):
    """Memory doesn't suffice; the text names settings that would fit."""


def forecast_bytes(recipe: Recipe, number: int, longest: int, learned: int) -> int:
    """Of stage `number` (from 1), whose longest row has `longest` tokens, of which at most `learned` count.

    What autograd keeps of a token in a layer was measured on both families, with LoRA on four and on seven
    matrices: no more than eight of its hidden vectors, four of its MLP's inner ones and two of its keys, a
    little more than half of that in bf16, and with dropout what goes into each adapted matrix once more. Of a
    learned token it is the logits three times.
    """
    stage, sizes = recipe.stages[number - 1], recipe.architecture
    size = 4.0 if recipe.precision == "fp32" else 2.5
    layer = size * (8 * sizes.hidden + 4 * sizes.intermediate + 2 * sizes.key_value_heads * sizes.head_size)
    if recipe.lora.dropout:
        layer += 5 * sum(sizes.shape(target)[0] for target in recipe.lora.targets)
    tokens = stage.batch * min(longest, recipe.max_tokens)
    if stage.gradient_checkpointing:
        kept = tokens * (sizes.layers * sizes.hidden * size + layer)
    else:
        kept = tokens * sizes.layers * layer
    logits = stage.batch * min(learned, recipe.max_tokens) * sizes.vocabulary * 12
    return round(floor_bytes(recipe) + kept + logits) + _RUNTIME_BYTES


def check_memory(recipe: Recipe, number: int, longest: int, learned: int, machine: Machine) -> None:
    """Raises `OutOfMemory` where stage `number` would need more than `machine` has."""
    has = max((size for _, size in machine.gpus), default=machine.memory_bytes)
    needs = forecast_bytes(recipe, number, longest, learned)
    if needs > SHARE * has:
        raise OutOfMemory(
            f"Stage {recipe.stages[number - 1].name} would take about {needs / GIB:.1f} GiB, and there are "
            f"{has / GIB:.1f}: {_advice(recipe, number, longest, learned, SHARE * has, bool(machine.gpus))}"
        )


def ran_out(recipe: Recipe, number: int, longest: int, learned: int, machine: Machine) -> OutOfMemory:
    """What to tell when memory ended although the forecast fitted: settings that take a fifth less."""
    has = max((size for _, size in machine.gpus), default=machine.memory_bytes)
    taken = forecast_bytes(recipe, number, longest, learned) - _RUNTIME_BYTES
    limit = min(SHARE * has, 0.8 * taken + _RUNTIME_BYTES)
    advice = _advice(recipe, number, longest, learned, limit, bool(machine.gpus))
    return OutOfMemory(f"Memory ended in stage {recipe.stages[number - 1].name}: {advice}")


def is_out_of_memory(error: BaseException) -> bool:
    """PyTorch's error for a GPU, its allocator's for a CPU, and Python's own."""
    import torch

    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def _advice(recipe: Recipe, number: int, longest: int, learned: int, limit: float, gpu: bool) -> str:
    fitting = []
    for ways in _lighter(recipe, number, longest, gpu):
        for told, changed in ways:
            if forecast_bytes(changed, number, longest, learned) <= limit:
                fitting.append(told)
                break
    if not fitting:
        return "nothing that can be set would fit; take a smaller base."
    return f"what would fit is --set {', or --set '.join(fitting[:TOLD])}."


def _lighter(recipe: Recipe, number: int, longest: int, gpu: bool) -> list[list[tuple[str, Recipe]]]:
    """Kinds of settings that need less, what changes least first: what to set, and the recipe then."""
    stage = recipe.stages[number - 1]
    halves = [stage.batch >> times for times in range(1, stage.batch.bit_length())]
    batches = [
        (
            f"stages.batch={batch} --set stages.accumulation={more}",
            _changed(recipe, number, batch=batch, accumulation=more),
        )
        for batch, more in ((half, stage.accumulation * stage.batch // half) for half in halves)
    ]
    again = (
        []
        if stage.gradient_checkpointing
        else [
            (
                f"stages.gradient_checkpointing=true{f' --set {told}' if told else ''}",
                _changed(changed, number, gradient_checkpointing=True),
            )
            for told, changed in [("", recipe), *batches[-1:]]
        ]
    )
    shorter = [
        (
            f"max_tokens={tokens} --set truncate=true",
            recipe.model_copy(update={"max_tokens": tokens, "truncate": True}),
        )
        for tokens in (min(longest, recipe.max_tokens) >> times for times in range(1, 12))
        if tokens >= _LEAST_TOKENS
    ]
    lighter = [("precision=bf16", recipe.model_copy(update={"precision": "bf16"}))]
    if gpu:
        quantised = recipe.model_copy(update={"precision": "bf16", "bits": 4})
        lighter.append(("bits=4 --set precision=bf16", quantised))
    return [batches, again, shorter, lighter]


def _changed(recipe: Recipe, number: int, **keys: Any) -> Recipe:
    stages = list(recipe.stages)
    stages[number - 1] = stages[number - 1].model_copy(update=keys)
    return recipe.model_copy(update={"stages": tuple(stages)})
