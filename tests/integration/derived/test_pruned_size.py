"""Plays go by thousands, seen and unseen: what follows from them is equal to before, or refuses to be rebuilt."""

import pytest

from bench.pruned import FROM_PLAYS_ALONE, WAYS, measure

OF_A_MONTH = ("backbeat.trending_track_counts", "track_trending_scores")
"""What counts the plays that there are, by its rules."""


@pytest.mark.slow
@pytest.mark.newest
async def test_nothing_that_follows_from_plays_is_lost(database_url: str) -> None:
    steps = await measure(database_url, 20_000)
    assert [step.way for step in steps] == [*WAYS, "accepted"]
    assert [step.plays for step in steps[:2]] == [10_000, 5_000]
    assert [step.refused for step in steps] == [(), (), FROM_PLAYS_ALONE, FROM_PLAYS_ALONE, ()]
    assert [step.unclean for step in steps] == [()] * len(steps)
    for step in steps:
        lost = OF_A_MONTH if step.way in {"by TRUNCATE", "accepted"} else ()
        assert set(step.changed) <= set(lost), step
