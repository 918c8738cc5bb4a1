"""What a model in training writes, by transformers: batches of chats, with an adapter or without."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from agent.llm import chat
from agent.llm.protocol import Message
from finetune.train.base import Base, BaseError

BATCH = 16


def load_adapter(base: Base, folder: Path) -> PeftModel:
    """`base` with the adapter in `folder` put into its layers: from then on it writes with the adapter.

    `with model.disable_adapter():` it writes without. Raises `BaseError` where `folder` holds no adapter of
    this base's shape.
    """
    if not (folder / "adapter_config.json").is_file():
        raise BaseError(f"{folder} holds no adapter: `finetune train` makes one in its run's folder.")
    try:
        return PeftModel.from_pretrained(base.model, str(folder)).eval()
    except (OSError, ValueError, RuntimeError) as error:
        told = str(error).strip().splitlines()[0]
        raise BaseError(f"{folder} is no adapter of {base.name}: {told}") from error


@torch.inference_mode()
def write(
    base: Base,
    messages_list: Sequence[Sequence[Message]],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    top_p: float = 1.0,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """A reply for each chat, in their order, each up to its end mark or `max_tokens`.

    Greedy at `temperature` 0; else drawn by torch's seed. `progress` hears how many are written.
    """
    prompts = [
        base.tokenizer.encode(chat.prompt(messages), add_special_tokens=False) for messages in messages_list
    ]
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    replies = [""] * len(prompts)
    generate: Any = base.model.generate
    sampling = (
        {"do_sample": True, "temperature": temperature, "top_p": top_p}
        if temperature > 0
        else {"do_sample": False}
    )
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        padded = base.tokenizer.pad({"input_ids": [prompts[at] for at in chosen]}, return_tensors="pt")
        padded = padded.to(base.model.device)
        written = generate(
            **padded,
            max_new_tokens=max_tokens,
            eos_token_id=base.end_id,
            pad_token_id=base.tokenizer.pad_token_id,
            **sampling,
        )
        for at, ids in zip(chosen, written[:, padded["input_ids"].shape[1] :].tolist(), strict=True):
            own = ids[: ids.index(base.end_id)] if base.end_id in ids else ids
            replies[at] = str(base.tokenizer.decode(own, skip_special_tokens=True)).strip()
        if progress is not None:
            progress(min(start + BATCH, len(order)))
    return replies
