"""Rows packed into one sequence: no padding, a system message that several rows share computed once, and
no row that sees another.

On a CPU attention runs row by row; elsewhere under one mask. Logits are made only where there is a label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from finetune.train.encoding import IGNORED, Encoded

ATTENTION = "packed"
"""Name of the attention that knows packs; without a pack it is PyTorch's own."""
Group = tuple[int, tuple[int, ...]]
"""Tokens of a shared opening (or 0), and of what follows it in each of its rows."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Rows as one sequence of N tokens."""

    input_ids: Tensor
    """(1, N)."""
    position_ids: Tensor
    """(1, N): counted on from a row's own start."""
    targets: Tensor
    """(1, N): the token that comes next in the row where it is learned, else `IGNORED`."""
    groups: tuple[Group, ...]

    @property
    def learned(self) -> int:
        return int((self.targets != IGNORED).sum())

    @property
    def row_tokens(self) -> int:
        """Of the rows as they were before: a shared opening counts in each."""
        return sum(opening * len(lengths) + sum(lengths) for opening, lengths in self.groups)

    def to(self, device: torch.device | str, **settings: Any) -> "Pack":
        """On another device, as tensors go there."""
        ids, positions, targets = (
            tensor.to(device, **settings) for tensor in (self.input_ids, self.position_ids, self.targets)
        )
        return Pack(ids, positions, targets, self.groups)


def pack(rows: Sequence[Encoded]) -> Pack:
    """The rows, those with the same opening beside each other."""
    members_of: dict[tuple[int, ...], list[Encoded]] = {}
    for row in rows:
        members_of.setdefault(row.input_ids[: row.opening], []).append(row)
    groups = [(opening if len(members) > 1 else (), members) for opening, members in members_of.items()]
    ids: list[int] = []
    positions: list[int] = []
    targets: list[int] = []
    for opening, members in groups:
        ids += opening
        positions += range(len(opening))
        targets += [IGNORED] * len(opening)
        for row in members:
            ids += row.input_ids[len(opening) :]
            positions += range(len(opening), len(row.input_ids))
            targets += (*row.labels[len(opening) + 1 :], IGNORED)
    return Pack(
        torch.tensor([ids]),
        torch.tensor([positions]),
        torch.tensor([targets]),
        tuple(
            (len(opening), tuple(len(row.input_ids) - len(opening) for row in members))
            for opening, members in groups
        ),
    )


def loss_sum(model: Any, inputs: Pack) -> Tensor:
    """Cross-entropy summed over the learned tokens. `model` has the attention `ATTENTION`."""
    device = inputs.input_ids.device
    learned = (inputs.targets[0] != IGNORED).nonzero()[:, 0]
    mask: Tensor | None = None
    if device.type == "cpu":  # a mark that keeps transformers from making a mask: the groups say it all
        mask = torch.ones(1, 1, 1, 1, dtype=torch.bool)
    elif sum(len(lengths) for _, lengths in inputs.groups) > 1:
        mask = _mask(inputs.groups, device)
    output = model(
        input_ids=inputs.input_ids,
        position_ids=inputs.position_ids,
        attention_mask=mask,
        logits_to_keep=learned,
        use_cache=False,
        groups=inputs.groups if device.type == "cpu" else None,
    )
    return cross_entropy(output.logits[0].float(), inputs.targets[0, learned], reduction="sum")


def packed_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    groups: tuple[Group, ...] | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """Attention of (1, heads, N, size) within the groups; gives (1, N, heads, size)."""
    if groups is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
    shared = int(getattr(module, "num_key_value_groups", 1))
    key, value = repeat_kv(key, shared), repeat_kv(value, shared)
    scale = settings.get("scaling")
    pieces: list[Tensor] = []
    start = 0
    for opening, lengths in groups:
        after = start + opening
        if opening:
            own = slice(start, after)
            pieces.append(
                scaled_dot_product_attention(
                    query[:, :, own], key[:, :, own], value[:, :, own], is_causal=True, scale=scale
                )
            )
        for length in lengths:
            end = after + length
            keys, values = key[:, :, after:end], value[:, :, after:end]
            if opening:
                keys = torch.cat((key[:, :, start : start + opening], keys), dim=2)
                values = torch.cat((value[:, :, start : start + opening], values), dim=2)
            pieces.append(
                scaled_dot_product_attention(
                    query[:, :, after:end],
                    keys,
                    values,
                    attn_mask=_behind(opening, length) if opening else None,
                    is_causal=not opening,
                    scale=scale,
                )
            )
            after = end
        start = after
    return torch.cat(pieces, dim=2).transpose(1, 2), None


@lru_cache(maxsize=4096)
def _behind(opening: int, length: int) -> Tensor:
    """(length, opening + length): what each token of a row sees, its opening and itself back."""
    return torch.ones(length, opening + length, dtype=torch.bool).tril(opening)


def _mask(groups: Sequence[Group], device: torch.device) -> Tensor:
    """(1, 1, N, N): which token sees which."""
    total = sum(opening + sum(lengths) for opening, lengths in groups)
    mask = torch.zeros(total, total, dtype=torch.bool)
    start = 0
    for opening, lengths in groups:
        after = start + opening
        mask[start:after, start:after] = _behind(0, opening)
        for length in lengths:
            mask[after : after + length, start : start + opening] = True
            mask[after : after + length, after : after + length] = _behind(0, length)
            after += length
        start = after
    return mask[None, None].to(device)


AttentionInterface.register(ATTENTION, packed_attention)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
