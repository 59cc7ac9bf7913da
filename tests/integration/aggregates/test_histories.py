"""Whatever is written, in whatever order and however batched: the kept counts are what the base rows say."""

import psycopg
import pytest
from depth import at_depth
from hypothesis import given, settings
from integration.aggregates.changes import Statement, histories, run_all
from integration.aggregates.ledger import expected, kept

SUBJECTS = ("user", "track", "playlist")


@settings(max_examples=at_depth(25, 100, 1_500), deadline=None)
@given(history=histories())
def test_kept_counts_are_what_the_base_rows_say(session: psycopg.Connection, history: list[Statement]) -> None:
    with session.transaction(force_rollback=True):
        run_all(session, history)
        for subject in SUBJECTS:
            assert kept(session, subject) == expected(session, subject), subject


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_comparison_notices_a_wrong_count(undone: psycopg.Connection, subject: str) -> None:
    undone.execute("INSERT INTO aggregate_user (user_id, follower_count) VALUES (1, 1)")
    undone.execute("INSERT INTO aggregate_track (track_id, save_count) VALUES (1, 1)")
    undone.execute("INSERT INTO aggregate_playlist (playlist_id, save_count) VALUES (1, 1)")
    assert kept(undone, subject) != expected(undone, subject)
