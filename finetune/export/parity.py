"""Whether the served adapter says what was trained: transformers with peft beside llama.cpp."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import SecretStr

from agent.llm.llama_server import open_server
from agent.settings.tree import Llm
from finetune.export.errors import ExportError

TOP = 50
"""Probabilities of the served engine that are compared."""
CONTEXT_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Parity:
    """Of the next token after each prompt."""

    prompts: int
    top1: float
    """Share where both find the same token likeliest."""
    kl_mean: float
    """KL(served | trained) in nats over the served engine's `TOP` likeliest tokens, both made to sum to 1."""
    kl_max: float
    covered: float
    """Probability that the served engine gives to those tokens, on average."""

    def document(self) -> dict[str, float | int]:
        return {
            "prompts": self.prompts,
            "top1_agreement": round(self.top1, 4),
            "kl_mean": round(self.kl_mean, 6),
            "kl_max": round(self.kl_max, 6),
            "top50_mass": round(self.covered, 4),
        }


def trained_logits(
    model: Any, prompts: Sequence[Sequence[int]], on_each: Callable[[int], None] = lambda _: None
) -> list[NDArray[np.float32]]:
    """The logits of the next token after each prompt (its token ids), by `model` of transformers."""
    import torch

    found = []
    with torch.inference_mode():
        for number, prompt in enumerate(prompts, 1):
            ids = torch.tensor([prompt], device=model.device)
            logits = model(input_ids=ids, logits_to_keep=1, use_cache=False).logits[0, -1]
            found.append(logits.float().cpu().numpy())
            on_each(number)
    return found


def served_probabilities(
    model: Path, adapter: Path | None, prompts: Iterable[Sequence[int]], *, threads: int = 2
) -> list[dict[int, float]]:
    """Token -> log-probability of the `TOP` likeliest next tokens after each prompt, by llama.cpp.

    Raises `LlmError` where the files don't fit, `ExportError` where llama.cpp answers something else.
    """
    settings = Llm(adapter=adapter, slots=1, context_tokens=CONTEXT_TOKENS, threads=threads)
    server, _ = open_server(model, settings, SecretStr(secrets.token_urlsafe(24)))
    found = []
    for prompt in prompts:
        answers: list[dict[str, Any]] = []
        request = {
            "prompt": list(prompt),
            "max_tokens": 1,
            "temperature": 0.0,
            # what is written must be a letter: an end or half a letter is told without probabilities, and
            # these are the model's own, before any bias
            "logit_bias": [["A", 1000.0]],
            "logprobs": TOP,
            "cache_prompt": True,  # as in a call
        }
        server.handle_completions(request, lambda chunk, kept=answers: bool(kept.append(chunk)))
        try:
            likeliest = answers[0]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        except (IndexError, KeyError, TypeError) as error:
            raise ExportError("llama.cpp gave no probabilities; is the prompt longer than 2,048?") from error
        found.append({int(token["id"]): float(token["logprob"]) for token in likeliest})
    return found


def compare(trained: Sequence[NDArray[np.float32]], served: Sequence[dict[int, float]]) -> Parity:
    """The agreement of both, prompt by prompt."""
    divergences, same, covered = [], 0, []
    for logits, likeliest in zip(trained, served, strict=True):
        tokens = np.array(list(likeliest))
        ours = np.array(list(likeliest.values()), np.float64)
        covered.append(float(np.exp(ours).sum()))
        p, q = _normal(ours), _normal(logits[tokens].astype(np.float64))
        divergences.append(float(np.sum(np.exp(p) * (p - q))))
        same += int(np.argmax(logits)) == max(likeliest, key=likeliest.__getitem__)
    return Parity(
        prompts=len(divergences),
        top1=same / len(divergences),
        kl_mean=float(np.mean(divergences)),
        kl_max=float(np.max(divergences)),
        covered=float(np.mean(covered)),
    )


def _normal(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shifted so that the exponentials sum to 1."""
    shifted = logarithms - logarithms.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))
