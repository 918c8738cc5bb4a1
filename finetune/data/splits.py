"""Three sides of the data: whole businesses and whole scenarios, never single rows."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from finetune.data.checks import same_words
from finetune.data.errors import DataError
from finetune.data.rows import Row

Side = Literal["train", "validation", "test"]
SIDES: tuple[Side, ...] = ("train", "validation", "test")
FEWEST_BUSINESSES = 5
"""From so many on, whole businesses are held out for validation; below, scenarios."""
LEAST_OF_SHARE, MOST_OF_SHARE = 0.7, 1.5
"""How near to the share that is wanted whole businesses have to come."""


@dataclass(frozen=True, slots=True)
class Split:
    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]
    leaks: int = 0
    """Rows taken out of training, because a held-out row asks for the same and says the same."""
    shared_scenarios: int = 0
    """Rows taken out of training, because their scenario is held out."""

    def __iter__(self) -> Iterator[tuple[Side, tuple[Row, ...]]]:
        yield from zip(SIDES, (self.train, self.validation, self.test), strict=True)


def split(
    rows: Sequence[Row], test_businesses: Collection[str], *, validation: float, test: float, seed: int
) -> Split:
    """`rows` on three sides. Whole businesses of `test_businesses` are tested on, and a share `test` of the
    others; then a share `validation` of the rest is held out, by business where there are enough.

    Raises `DataError` where a business of `test_businesses` has no row, or a side would be empty.
    """
    if strange := set(test_businesses) - {row.business for row in rows}:
        known = ", ".join(sorted({row.business for row in rows}))
        raise DataError(f"There are no rows of '{min(strange)}' to test on; there are: {known}.")
    draw = Random(seed)
    tested = [row for row in rows if row.business in test_businesses]
    rest = [row for row in rows if row.business not in test_businesses]
    if test > 0:
        held, rest = _held_out(rest, round(test * len(rest)), draw)
        tested += held
    held, trained = _held_out(rest, round(validation * len(rest)), draw)
    for share, side, option in ((validation, held, "--validation-share"), (test, tested, "--test-share")):
        if share > 0 and not side:
            raise DataError(f"There are too few scenarios to hold some out: give more data, or {option} 0.")
    if not trained:
        raise DataError("No row is left to train on: give more data, or test on fewer businesses.")
    return _without_leaks(trained, held, tested)


def _without_leaks(trained: Sequence[Row], held: Sequence[Row], tested: Sequence[Row]) -> Split:
    """Training rows that stand on a held-out side too are taken out of training, and of validation."""
    tested_words, tested_scenarios = _words(tested), {row.scenario for row in tested}
    kept_held = [
        row for row in held if same_words(row) not in tested_words and row.scenario not in tested_scenarios
    ]
    words = tested_words | _words(kept_held)
    scenarios = tested_scenarios | {row.scenario for row in kept_held}
    kept, counts = [], Counter[str]()
    for row in trained:
        if row.scenario in scenarios:
            counts["scenario"] += 1
        elif same_words(row) in words:
            counts["words"] += 1
        else:
            kept.append(row)
    dropped = len(held) - len(kept_held)
    return Split(tuple(kept), tuple(kept_held), tuple(tested), counts["words"] + dropped, counts["scenario"])


def _words(rows: Iterable[Row]) -> set[str]:
    return {same_words(row) for row in rows}


def _held_out(rows: Sequence[Row], wanted: int, draw: Random) -> tuple[list[Row], list[Row]]:
    """About `wanted` rows and the others: whole businesses where these fit, else whole scenarios."""
    if wanted == 0:
        return [], list(rows)
    chosen = _whole(rows, wanted, draw, by_business=True)
    sizes = Counter(row.business for row in rows)
    found = sum(sizes[name] for name in chosen)
    if len(sizes) >= FEWEST_BUSINESSES and found >= LEAST_OF_SHARE * wanted:
        return [row for row in rows if row.business in chosen], [
            row for row in rows if row.business not in chosen
        ]
    chosen = _whole(rows, wanted, draw, by_business=False)
    return [row for row in rows if row.scenario in chosen], [
        row for row in rows if row.scenario not in chosen
    ]


def _whole(rows: Sequence[Row], wanted: int, draw: Random, *, by_business: bool) -> set[str]:
    """Businesses or scenarios of about `wanted` rows together, drawn; one at least is left."""
    groups: dict[str, int] = defaultdict(int)
    for row in rows:
        groups[row.business if by_business else row.scenario] += 1
    names = sorted(groups)
    draw.shuffle(names)
    chosen: set[str] = set()
    found = 0
    enough = LEAST_OF_SHARE * wanted if by_business else wanted
    for name in names[: len(names) - 1]:
        if found >= enough:
            break
        if found + groups[name] <= MOST_OF_SHARE * wanted or not by_business:
            chosen.add(name)
            found += groups[name]
    return chosen
