from random import Random

import pytest

from backbeat.index.batch_size import BatchSize
from backbeat.settings import IndexSettings

SETTINGS = IndexSettings(batch_blocks_max=8, batch_seconds=0.5)


@pytest.mark.parametrize(("seconds", "sizes"), [(0.04, [2, 4, 8, 8, 8]), (0.03, [4, 8, 8, 8, 8])])
def test_full_fast_batches_double_up_to_the_maximum_and_very_fast_ones_leap(seconds: float, sizes: list[int]) -> None:
    size = BatchSize(SETTINGS)
    seen = []
    for _ in range(5):
        size.committed(size.blocks_max, seconds)
        seen.append(size.blocks_max)
    assert seen == sizes


def test_a_batch_that_was_not_full_teaches_nothing() -> None:
    size = BatchSize(SETTINGS)
    size.committed(1, 0.1)
    size.committed(1, 0.1)
    assert size.blocks_max == 2


def test_a_slow_batch_halves_but_never_below_one() -> None:
    size = BatchSize(SETTINGS)
    size.committed(1, 0.1)
    for _ in range(3):
        size.committed(2, 5.0)
    assert size.blocks_max == 1


class Server:
    """A made-up server: what a commit of so many blocks takes. ``square``: what grows with the square of them."""

    def __init__(self, fixed: float, each: float, square: float = 0.0, noise: float = 0.0) -> None:
        self.fixed, self.each, self.square, self.noise = fixed, each, square, noise
        self._random = Random(1)

    def seconds(self, blocks: int) -> float:
        exact = self.fixed + self.each * blocks + self.square * blocks**2
        return exact * (1 + self.noise * self._random.uniform(-1, 1))

    def catch_up(self, blocks: int) -> tuple[float, list[int], list[float]]:
        """Return the seconds it all takes, the size of each batch, and how long each commit took."""
        size, left = BatchSize(IndexSettings()), blocks
        sizes, times = [], []
        while left:
            sizes.append(min(size.blocks_max, left))
            times.append(self.seconds(sizes[-1]))
            left -= sizes[-1]
            size.committed(sizes[-1], times[-1])
        return sum(times), sizes, times


BLOCKS = 1_381


@pytest.mark.parametrize(
    ("server", "seconds_max", "longest_max"),
    [
        (Server(0.0, 0.001), 2.0, 0.5),
        (Server(0.0, 0.01), 14.5, 0.5),
        (Server(0.26, 0.001), 5.0, 1.0),  # just above half the budget
        (Server(0.57, 0.0015), 9.0, 1.5),
        (Server(1.2, 0.001), 15.0, 2.0),  # above twice the budget
        (Server(3.0, 0.005), 42.0, 6.0),
        (Server(0.57, 0.01), 30.0, 4.0),
        (Server(0.0, 0.3), 430.0, 1.0),
        (Server(0.0, 1.5), 2_200.0, 3.1),  # one block overruns by itself
        (Server(0.0, 0.01, square=0.01), 130.0, 1.0),
        (Server(0.3, 0.01, square=0.005), 130.0, 2.0),
        (Server(0.57, 0.0015, noise=0.3), 10.0, 2.0),
    ],
    ids=lambda value: str(value) if isinstance(value, float) else "",
)
def test_catch_up_takes_what_the_server_needs_and_no_commit_for_ever(
    server: Server, seconds_max: float, longest_max: float
) -> None:
    seconds, _, times = server.catch_up(BLOCKS)
    assert seconds < seconds_max
    assert max(times) < longest_max


@pytest.mark.parametrize("fixed", [0.1, 0.25, 0.26, 0.49, 0.51, 0.99, 1.01, 2.0, 10.0])
def test_a_cost_of_the_commit_itself_pins_nothing_at_one_block(fixed: float) -> None:
    _, sizes, _ = Server(fixed, 0.001).catch_up(BLOCKS)
    assert len(sizes) < 12
    assert max(sizes) >= 256


def test_it_settles_where_more_blocks_gain_little() -> None:
    _, sizes, _ = Server(0.57, 0.02).catch_up(20_000)
    assert set(sizes[20:-1]) <= {32, 64, 128}
    assert sizes[20:].count(128) <= len(sizes) / 15


def test_blocks_that_get_heavier_make_it_small_again() -> None:
    size = BatchSize(IndexSettings())
    for _ in range(12):
        size.committed(size.blocks_max, 0.3 + 0.0001 * size.blocks_max)
    assert size.blocks_max >= 1_000
    for _ in range(12):
        size.committed(size.blocks_max, 0.3 + 0.2 * size.blocks_max)
    assert size.blocks_max <= 16


def test_a_commit_that_got_cheap_again_is_found_out() -> None:
    size = BatchSize(IndexSettings())
    for _ in range(10):
        size.committed(size.blocks_max, 0.4 * size.blocks_max)
    assert size.blocks_max <= 2
    for _ in range(60):
        size.committed(size.blocks_max, 0.3 + 0.0001 * size.blocks_max)
    assert size.blocks_max >= 1_000
