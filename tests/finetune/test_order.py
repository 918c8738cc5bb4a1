"""The order of rows: each once an epoch, by the seed, those of one business beside each other."""

from finetune.train.encoding import IGNORED, Encoded
from finetune.train.order import Order

ROWS = [Encoded((number % 3, 9, 9), (IGNORED, 9, 9), 1) for number in range(24)]


def drawn(together: int, seed: int, epoch: int = 0) -> list[int]:
    order = Order(ROWS, together, seed)
    order.epoch = epoch
    return list(order)


def test_each_row_comes_once_in_each_epoch() -> None:
    for together in (1, 4, 5):
        assert sorted(drawn(together, 1)) == list(range(24))


def test_the_seed_and_the_epoch_draw() -> None:
    assert drawn(4, 1) == drawn(4, 1)
    assert len({tuple(drawn(4, seed, epoch)) for seed in (1, 2) for epoch in (0, 1)}) == 4


def test_rows_of_one_opening_follow_each_other() -> None:
    order = drawn(4, 1)
    assert all(len({at % 3 for at in order[start : start + 4]}) == 1 for start in range(0, 24, 4))
    alone = drawn(1, 1)
    assert any(len({at % 3 for at in alone[start : start + 4]}) > 1 for start in range(0, 24, 4))
