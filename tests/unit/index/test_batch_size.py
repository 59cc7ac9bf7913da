from backbeat.index.batch_size import BatchSize
from backbeat.settings import IndexSettings

SETTINGS = IndexSettings(batch_blocks_max=8, batch_seconds=0.5)


def test_full_fast_batches_double_up_to_the_maximum() -> None:
    size = BatchSize(SETTINGS)
    seen = []
    for _ in range(5):
        size.took(size.blocks_max, 0.01)
        seen.append(size.blocks_max)
    assert seen == [2, 4, 8, 8, 8]


def test_a_batch_that_was_not_full_teaches_nothing() -> None:
    size = BatchSize(SETTINGS)
    size.took(1, 0.01)
    size.took(1, 0.01)
    assert size.blocks_max == 2


def test_a_slow_batch_halves_but_never_below_one() -> None:
    size = BatchSize(SETTINGS)
    size.took(1, 0.01)
    for _ in range(3):
        size.took(2, 5.0)
    assert size.blocks_max == 1
