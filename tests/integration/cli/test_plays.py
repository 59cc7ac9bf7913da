"""What `backbeat plays` and the doctor say of plays that are gone."""

import psycopg

from builders.terminal import backbeat

PLAY = "INSERT INTO plays (play_item_id, created_at) SELECT 1, '2026-01-01' FROM generate_series(1, 5)"
FRONTIER = "INSERT INTO backbeat.cursor VALUES (true, 'dev', 1, 'x', now(), 0, 5)"
COUNTED = "INSERT INTO hourly_play_counts VALUES ('2021-01-01', 7)"


def test_what_was_pruned_is_told(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(PLAY)
        connection.execute("DELETE FROM plays WHERE id < 4")
    shown = backbeat("plays", "show", "--database", database_url)
    assert shown.status == 0
    assert "before hourly_play_counts and user_listening_history had read them" in shown.out
    told = backbeat("plays", "show", "--database", database_url, "--json").json
    assert (told["plays"], told["foreign_plays"]) == (3, 3)


def test_plays_that_nobody_summed_up_refuse_a_rebuild_until_they_are_accepted(database_url: str) -> None:
    at = ("--database", database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(PLAY)
        connection.execute(COUNTED)
        connection.execute(FRONTIER)
    assert "nothing to do" not in backbeat("plays", "accept", "--dry-run", *at).out
    refused = backbeat("jobs", "rebuild", "hourly_play_counts", "--json", *at)
    assert refused.status == 1
    assert backbeat("plays", "accept", "--dry-run", "--json", *at).json == {"dry_run": True, "hours": 1}
    accepted = backbeat("plays", "accept", *at)
    assert "what 1 hour and 0 entries of listening histories say" in accepted.out
    assert backbeat("plays", "accept", "--json", *at).json == {"dry_run": False, "hours": 0, "listens": 0}
    assert "nothing to do" in backbeat("plays", "accept", "--dry-run", *at).out
    assert backbeat("jobs", "rebuild", "hourly_play_counts", *at).status == 0
    assert "ok   plays: " in backbeat("doctor", *at).out
