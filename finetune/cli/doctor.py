"""`finetune doctor`: what this machine can train."""

import json
from pathlib import Path
from typing import Annotated

import typer


def run(
    recipes: Annotated[
        list[Path] | None, typer.Argument(help="Recipes to try; else all of config/finetune.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Tell this machine's memory and GPUs, and for each recipe whether it fits, and why not."""
    from finetune.train.architecture import BASES
    from finetune.train.memory import GIB, floor_bytes, misfit, multiplies_bf16, this_machine
    from finetune.train.recipe import FOLDER, read_recipe

    machine = this_machine()
    chosen = recipes or sorted(path for path in FOLDER.glob("*.toml") if path != BASES)
    read = [(path, read_recipe(path)) for path in chosen]
    if as_json:
        document = {
            "cores": machine.cores,
            "memory_bytes": machine.memory_bytes,
            "bf16": multiplies_bf16(),
            "gpus": [{"name": name, "bytes": size} for name, size in machine.gpus],
            "recipes": [
                {
                    "recipe": path.stem,
                    "base": recipe.base,
                    "trainable_parameters": recipe.trainable_parameters,
                    "parameters": recipe.architecture.parameters,
                    "floor_bytes": floor_bytes(recipe),
                    "misfit": misfit(recipe, machine),
                }
                for path, recipe in read
            ],
        }
        print(json.dumps(document, indent=1))
        return
    print(f"{machine.cores} cores, {machine.memory_bytes / GIB:.1f} GiB of memory")
    if multiplies_bf16():
        print("the processor multiplies in bf16: --set precision=bf16 trains faster here")
    print("\n".join(f"{name}, {size / GIB:.1f} GiB" for name, size in machine.gpus) or "no GPU")
    for path, recipe in read:
        share = recipe.trainable_parameters / recipe.architecture.parameters
        why = misfit(recipe, machine)
        print(
            f"{'fits' if why is None else 'no  '}  {path.stem}: {recipe.trainable_parameters:,} of "
            f"{recipe.architecture.parameters:,} parameters ({share:.2%}), "
            f"{floor_bytes(recipe) / GIB:.1f} GiB before activations{f'; {why}' if why else ''}"
        )
