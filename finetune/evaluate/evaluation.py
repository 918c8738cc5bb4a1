"""One evaluation: every candidate answers the same rows, then the figures side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from finetune.data.forms import Form
from finetune.data.rows import Row
from finetune.evaluate.candidates import Candidate
from finetune.evaluate.groups import length_group, variants
from finetune.evaluate.intervals import Resampler
from finetune.evaluate.outcomes import LEAST, Outcome, differences, figures, outcomes, parted, table
from finetune.evaluate.surprise import Surprise
from finetune.evaluate.writers import Asked, Reply, Writer

if TYPE_CHECKING:
    from finetune.evaluate.perplexity import Meter

REFERENCE = "reference"
"""The rows' own replies, measured like a candidate's: what the measures say of what is right."""
GROUP_MEASURES = ("missing", "invented", "kept", "bleu")


@dataclass(frozen=True, slots=True)
class Plan:
    rows: tuple[Row, ...]
    candidates: tuple[Candidate, ...]
    seed: int
    group_rows: tuple[Row, ...] = ()
    """Asked again in other callers' wordings."""
    general: str = ""
    """Plain English that nobody was taught."""
    general_windows: int = 12


@dataclass(slots=True)
class Findings:
    """Outcomes by candidate, in the order of the plan's rows."""

    plan: Plan
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    groups: dict[str, list[Outcome]] = field(default_factory=dict)
    """By group, of the rows that have a wording in it."""
    general: dict[str, list[Surprise]] = field(default_factory=dict)
    """By `base` and `adapter`."""


def evaluate(
    plan: Plan,
    writers: Mapping[Form, Writer],
    meter: "Meter | None",
    say: Callable[[str], None],
) -> Findings:
    """Asks every candidate, by the writer of its form; `meter` measures perplexity, where it is given."""
    found = Findings(plan)
    references = [Reply(row.reply) for row in plan.rows]
    found.outcomes[REFERENCE] = outcomes(plan.rows, references, "names")
    for candidate in plan.candidates:
        say(f"{candidate.name}: {len(plan.rows)} rows")
        replies = _written(candidate, plan.rows, writers[candidate.form])
        surprises = _surprises(candidate, plan.rows, meter)
        found.outcomes[candidate.name] = outcomes(plan.rows, replies, candidate.form, surprises)
    last = plan.candidates[-1]
    taught = next((one for one in plan.candidates if one.who == "adapter"), last)
    if grouped := _grouped(plan.group_rows):
        asked = [row for rows in grouped.values() for row in rows]
        say(f"{taught.name}, as other callers would ask: {len(asked)} rows")
        written = iter(_written(taught, asked, writers[taught.form]))
        for group, rows in grouped.items():
            own = [next(written) for _ in rows]
            found.groups[group] = outcomes(rows, own, taught.form)
    if meter is not None and plan.general:
        for who in dict.fromkeys(_side(one) for one in plan.candidates):
            found.general[who] = meter.of_text(
                plan.general,
                windows=plan.general_windows,
                adapter=who == "adapter",
                told=f"{who}, forgetting",
            )
    return found


def compared(found: Findings) -> dict[str, Any]:
    """The figures of an evaluation, as JSON keeps them."""
    plan = found.plan
    by_name = {one.name: one for one in plan.candidates}
    taught = next((one.name for one in plan.candidates if one.who == "adapter"), None)
    return {
        "candidates": [
            {
                "name": name,
                "who": by_name[name].who if name in by_name else REFERENCE,
                "form": by_name[name].form if name in by_name else "names",
                "shots": [shot.id for shot in by_name[name].shots] if name in by_name else [],
                "measures": table(_meant(name, rows, plan.seed)),
                "by_category": parted(rows, lambda row: row.category, plan.seed),
                "by_business": parted(rows, lambda row: row.business, plan.seed),
                "by_length": parted(rows, length_group, plan.seed),
            }
            for name, rows in found.outcomes.items()
        ],
        "differences": [
            {
                "of": taught,
                "to": name,
                "measures": differences(found.outcomes[taught], found.outcomes[name], plan.seed),
            }
            for name in found.outcomes
            if taught is not None and name not in (taught, REFERENCE)
        ],
        "groups": _groups(found),
        "forgetting": _forgetting(found),
    }


def _meant(name: str, rows: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """The reference has no likeness to itself worth a figure."""
    samples = figures(rows, seed)
    if name == REFERENCE:
        return {key: one for key, one in samples.items() if key not in ("bleu", "rouge_l")}
    return samples


def _written(candidate: Candidate, rows: Sequence[Row], writer: Writer) -> list[Reply]:
    asked = [Asked(candidate.asked(row).prompt, candidate.grammar(row)) for row in rows]
    return writer.write(asked, adapter=candidate.who == "adapter", told=candidate.name)


def _surprises(candidate: Candidate, rows: Sequence[Row], meter: "Meter | None") -> list[Surprise] | None:
    """A grammar changes no likelihood, and what was taught in values is another adapter: names alone."""
    if meter is None or candidate.form != "names":
        return None
    asked = [candidate.asked(row) for row in rows]
    told = f"{candidate.name}, perplexity"
    return meter.of_replies(asked, adapter=candidate.who == "adapter", told=told)


def _side(candidate: Candidate) -> str:
    return "adapter" if candidate.who == "adapter" else "base"


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        for group, variant in variants(row).items():
            groups.setdefault(group, []).append(variant)
    return groups


def _groups(found: Findings) -> list[dict[str, Any]]:
    """Each group beside the same rows as they are; a smaller one than `LEAST` says nothing."""
    plain = {one.row.id: one for one in found.groups.get("as it is", ())}
    return [
        {
            "name": group,
            "rows": len(rows),
            "measures": _chosen(table(figures(rows, found.plan.seed))),
            "difference": _chosen(
                differences(rows, [plain[one.row.id] for one in rows], found.plan.seed)
                if group != "as it is"
                else {}
            ),
        }
        for group, rows in found.groups.items()
        if len(rows) >= LEAST
    ]


def _chosen(measures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: measures[name] for name in GROUP_MEASURES if name in measures}


def _forgetting(found: Findings) -> dict[str, Any] | None:
    """Perplexity of the general text by side, and how much of it the adapter adds (a ratio)."""
    if not found.general:
        return None
    windows = len(next(iter(found.general.values())))
    draws = Resampler([str(window) for window in range(windows)], found.plan.seed)
    means = {
        who: draws.ratio([one.nats for one in parts], [one.tokens for one in parts])
        for who, parts in found.general.items()
    }
    samples = {who: mean.of(np.exp) for who, mean in means.items()}
    if "adapter" in means and "base" in means:
        samples["ratio"] = (means["adapter"] - means["base"]).of(np.exp)
    return {
        "tokens": sum(one.tokens for one in next(iter(found.general.values()))),
        **{name: one.estimate.document() for name, one in samples.items() if one.estimate is not None},
    }
