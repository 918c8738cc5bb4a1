"""Packed rows learn exactly what each learns alone: its logits, its loss and its gradients."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from finetune.train.base import load_base
from finetune.train.encoding import IGNORED, Encoded
from finetune.train.packing import ATTENTION, loss_sum, pack

OPENING = tuple(range(100, 112))


def rows() -> list[Encoded]:
    """Two that share an opening, one between them that has none, one whose opening nobody shares."""
    drawn = torch.Generator().manual_seed(3)

    def row(opening: tuple[int, ...], prompt: int, reply: int) -> Encoded:
        own = tuple(torch.randint(200, 900, (prompt + reply,), generator=drawn).tolist())
        labels = (IGNORED,) * (len(opening) + prompt) + own[prompt:]
        return Encoded((*opening, *own), labels, len(opening))

    return [row(OPENING, 9, 5), row((), 4, 7), row(OPENING, 3, 2), row(OPENING[:5], 6, 1)]


@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_packed_rows_are_those_alone(tiny: Callable[[str], Path], family: str) -> None:
    model = load_base(str(tiny(family))).model
    plain = []
    for row in rows():
        labels = torch.tensor([row.labels])
        logits = model(input_ids=torch.tensor([row.input_ids])).logits[0, :-1]
        plain.append(torch.nn.functional.cross_entropy(logits, labels[0, 1:], reduction="sum"))
    sum(plain[1:], plain[0]).backward()
    wanted = {
        name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None
    }
    model.zero_grad()
    model.set_attn_implementation(ATTENTION)
    packed = pack(rows())
    assert packed.input_ids.shape[1] == sum(len(row.input_ids) for row in rows()) - len(OPENING)
    assert packed.learned == sum(row.learned for row in rows())
    loss = loss_sum(model, packed)
    loss.backward()
    assert loss.item() == pytest.approx(sum(one.item() for one in plain), abs=1e-4)
    for name, weight in model.named_parameters():
        assert weight.grad is not None and torch.allclose(weight.grad, wanted[name], atol=1e-4), name


def test_the_mask_of_other_devices_is_the_same_attention(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune.train import packing

    model = load_base(str(tiny("llama"))).model
    model.set_attn_implementation(ATTENTION)
    packed = pack(rows())
    mask = packing._mask(packed.groups, torch.device("cpu"))
    by_mask = model(
        input_ids=packed.input_ids, position_ids=packed.position_ids, attention_mask=mask, use_cache=False
    ).logits
    by_groups = model(
        input_ids=packed.input_ids,
        position_ids=packed.position_ids,
        attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.bool),
        groups=packed.groups,
        use_cache=False,
    ).logits
    assert torch.allclose(by_mask, by_groups, atol=1e-5)


def test_what_stands_in_one_row_changes_no_other(tiny: Callable[[str], Path]) -> None:
    model = load_base(str(tiny("llama"))).model
    model.set_attn_implementation(ATTENTION)
    some = rows()
    alone = [loss_sum(model, pack([row])).item() for row in some]
    other = Encoded(tuple(token + 1 for token in some[1].input_ids), some[1].labels)
    changed = loss_sum(model, pack([some[0], other, some[2], some[3]])).item()
    assert changed - loss_sum(model, pack([other])).item() == pytest.approx(
        alone[0] + alone[2] + alone[3], abs=1e-4
    )
