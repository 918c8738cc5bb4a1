"""Writing in batches says what each chat alone gets, and an adapter can be put in and out."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from agent.llm.protocol import Message
from finetune.train.base import BaseError, load_base
from finetune.train.writing import load_adapter, write

CHATS = [
    [Message("user", "Say: goodbye")],
    [
        Message("system", "You are a shop."),
        Message("user", "Caller: When do you open?\nSay: inform opening = {time}"),
    ],
    [Message("user", "Hello there")],
]


def test_a_batch_writes_what_each_chat_alone_gets(tiny: Callable[[str], Path]) -> None:
    base = load_base(str(tiny("llama")))
    together = write(base, CHATS, max_tokens=8)
    assert together == [write(base, [chat], max_tokens=8)[0] for chat in CHATS]
    assert len(set(together)) == 3


def test_an_adapter_is_put_in_and_out(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tiny("llama")
    taught = get_peft_model(
        load_base(str(folder)).model,
        LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False),
    )
    taught.save_pretrained(str(tmp_path))
    base = load_base(str(folder))
    before = write(base, CHATS, max_tokens=6)
    model = load_adapter(base, tmp_path)
    after = write(base, CHATS, max_tokens=6)
    with model.disable_adapter():
        assert write(base, CHATS, max_tokens=6) == before
    assert after != before
    torch.manual_seed(1)
    drawn = write(base, CHATS, max_tokens=6, temperature=0.7, top_p=0.9)
    torch.manual_seed(1)
    assert write(base, CHATS, max_tokens=6, temperature=0.7, top_p=0.9) == drawn


def test_a_folder_without_an_adapter_is_told(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(BaseError, match="holds no adapter"):
        load_adapter(load_base(str(tiny("llama"))), tmp_path)
