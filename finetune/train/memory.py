"""What a recipe needs of memory, and what this machine has."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from finetune.train.recipe import Recipe

GIB = 1 << 30
_ADAPTER_BYTES = 16
"""A trained parameter: its weight, gradient and AdamW's two moments, 4 bytes each."""
_SMI = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int
    memory_bytes: int
    gpus: tuple[tuple[str, int], ...] = ()
    """Name and bytes of each."""


def this_machine() -> Machine:
    """Cores that this process may use, memory, and NVIDIA's GPUs where its driver tells them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(cores, memory, _gpus())


def multiplies_bf16() -> bool:
    """Whether this processor has instructions for bf16, where Linux tells: training in it is then faster."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def floor_bytes(recipe: Recipe) -> int:
    """Base weights, adapter, gradients and optimizer: what training needs before any activation.

    Of a base in 4 or 8 bits, embeddings and the output layer stay as they are.
    """
    whole = 4 if recipe.precision == "fp32" else 2
    sizes = recipe.architecture
    weights = sizes.parameters * whole
    if recipe.bits < 16:
        weights -= round(sizes.linear_parameters * (whole - recipe.bits / 8))
    return weights + recipe.trainable_parameters * _ADAPTER_BYTES


def misfit(recipe: Recipe, machine: Machine) -> str | None:
    """Why `recipe` can't be trained on `machine`; None where its floor fits with a quarter to spare."""
    if recipe.bits < 16 and not machine.gpus:
        return f"bits = {recipe.bits} needs a GPU"
    if recipe.precision == "fp16" and not machine.gpus:
        return "fp16 is trained on a GPU; set precision = bf16 or fp32 for a CPU"
    has = max((size for _, size in machine.gpus), default=machine.memory_bytes)
    needs = floor_bytes(recipe)
    if needs * 1.25 > has:
        return f"it needs {needs / GIB:.1f} GiB and a quarter more, and there are {has / GIB:.1f}"
    return None


def _gpus() -> tuple[tuple[str, int], ...]:
    try:
        told = subprocess.run(_SMI, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    pairs = (line.rsplit(",", 1) for line in told.splitlines() if "," in line)
    return tuple((name.strip(), int(size) << 20) for name, size in pairs if size.strip().isdigit())
