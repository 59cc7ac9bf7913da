"""The measurement of an adoption measures what it says, at a size that shows no figure."""

import pytest

from bench.adoption import Sizes, measure

pytestmark = [pytest.mark.newest, pytest.mark.slow]


async def test_it_adopts_beside_a_reader_and_a_writer_that_both_go_on(database_url: str) -> None:
    found = await measure(database_url, Sizes(scores=300, plays=500, reader_seconds=0.5))
    assert found.steps[-1].step == "switch"
    assert {took.step for took in found.steps} >= {"new track_trending_scores", "put track_trending_scores in place"}
    assert found.waits.keys() == {"reader", "writer"}
    assert all(found.waits.values())
    assert found.wal_bytes > 0
