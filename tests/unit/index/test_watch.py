from datetime import datetime, timedelta
from typing import Any

import pytest
from chain_blocks import ListSource
from scripted_node import ImpatientClock
from structlog.testing import capture_logs

from backbeat.chain.model import Head
from backbeat.chain.source import Condition, Earlier
from backbeat.index.cursor import Cursor
from backbeat.index.watch import SourceReport, SourceWatch

NOW = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - block times are naive UTC throughout


class Node(ListSource):
    is_finite = False

    def __init__(self, condition: Condition | None = None) -> None:
        super().__init__([])
        self.now = condition or Condition()
        self.compared: list[tuple[int, str]] = []

    def condition(self) -> Condition:
        return self.now

    async def compare(self, height: int, block_hash: str, _earlier: Earlier | None = None, /) -> None:
        self.compared.append((height, block_hash))


def cursor(age_seconds: float = 0.0, **changes: Any) -> Cursor:
    values: dict[str, Any] = {"chain_id": "c", "height": 7, "block_hash": "ab" * 32, "block_number": 0, "play_id": 0}
    return Cursor(block_time=NOW - timedelta(seconds=age_seconds), **values | changes)


def watch(source: Any, still_seconds_max: float = 60.0) -> SourceWatch:
    return SourceWatch(source, ImpatientClock(), still_seconds_max=still_seconds_max)


@pytest.mark.parametrize(
    ("age_seconds", "head", "still_seconds_max", "is_still"),
    [
        (61.0, Head(7), 60.0, True),
        (61.0, Head(6), 60.0, True),
        (60.0, Head(7), 60.0, False),
        (-61.0, Head(7), 60.0, False),
        (61.0, Head(7), 0.0, False),
        (61.0, Head(8), 60.0, False),
        (61.0, None, 60.0, False),
    ],
)
def test_a_chain_stands_still_when_its_newest_block_is_old(
    age_seconds: float, head: Head | None, still_seconds_max: float, is_still: bool
) -> None:
    report = watch(Node(), still_seconds_max).report(cursor(age_seconds), head)
    assert report.source_problem == (
        "The chain stands still: the newest block, 7, is 61 s old by this machine's clock." if is_still else ""
    )


def test_a_source_that_ends_or_was_not_followed_yet_does_not_stand_still() -> None:
    assert watch(ListSource([])).report(cursor(1e6), Head(7)).source_problem == ""
    assert watch(Node()).report(None, Head(7)) == SourceReport(7)
    assert watch(Node()).report(None, None) == SourceReport()


def test_what_the_source_says_of_itself_comes_first_and_is_logged_once() -> None:
    node = Node(Condition(3, "The node went back."))
    watched = watch(node)
    with capture_logs() as logs:
        for _ in range(3):
            assert watched.report(cursor(99.0), Head(7)) == SourceReport(3, "The node went back.")
        node.now = Condition(8)
        for _ in range(2):
            assert watched.report(cursor(), Head(8)) == SourceReport(8)
    assert [entry["event"] for entry in logs] == ["chain_source_problem", "chain_source_well"]


@pytest.mark.parametrize(("head", "is_behind"), [(6, True), (7, False), (8, False), (None, False)])
def test_a_source_below_the_cursor_is_behind(head: int | None, is_behind: bool) -> None:
    assert watch(Node(Condition(head))).is_behind(cursor()) is is_behind
    assert not watch(Node(Condition(head))).is_behind(None)
    assert not watch(ListSource([])).is_behind(cursor())


async def test_only_a_hash_that_can_be_one_is_compared() -> None:
    node = Node()
    for block_hash in (None, "ab", "ab" * 32):
        assert await watch(node).recognise(cursor(block_hash=block_hash))
    assert node.compared == [(7, ""), (7, ""), (7, "ab" * 32)]
    assert await watch(ListSource([])).recognise(cursor())
