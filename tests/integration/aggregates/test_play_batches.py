"""Plays written in one statement or one by one leave the same rows behind, and those that the rules ask for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from depth import at_depth
from hypothesis import given, settings
from hypothesis import strategies as st
from integration.aggregates.ledger import expected, kept

START = datetime.fromisoformat("2026-01-31 18:00")
INSERT = """
    INSERT INTO plays (id, user_id, play_item_id, created_at, slot, country)
    SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[], %s::int[], %s::varchar[])
"""
ADOPT = """
    INSERT INTO plays (id, user_id, play_item_id) SELECT -n, n %% 3 + 1, n %% 2 + 1 FROM generate_series(1, %s) AS n
"""
TRACK = """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at)
    VALUES (1, 70, true, false, now(), now())
"""
NOTIFIED = """
    SELECT user_ids, specifier, group_id, type, slot, blocknumber, "timestamp", data FROM notification
    ORDER BY group_id
"""


@dataclass(frozen=True)
class Play:
    user_id: int | None
    track_id: int
    hours: int
    country: str | None


PLAYS = st.lists(
    st.builds(
        Play,
        user_id=st.sampled_from([None, 1, 2, 3]),
        track_id=st.sampled_from([1, 1, 1, 2, 3]),
        hours=st.integers(0, 9),
        country=st.sampled_from([None, "", "DE"]),
    ),
    min_size=1,
    max_size=70,
)


def write(connection: psycopg.Connection, plays: list[tuple[int, Play]]) -> None:
    """Write the plays in one statement, in the order given; ids are those of the tuples."""
    columns = zip(
        *(
            (id_, play.user_id, play.track_id, START + timedelta(hours=play.hours, seconds=id_), id_ // 3, play.country)
            for id_, play in plays
        ),
        strict=True,
    )
    connection.execute(INSERT, [list(column) for column in columns])


def outcome(connection: psycopg.Connection, batches: list[list[tuple[int, Play]]], known: int = 0) -> list[Any]:
    """Return what writing the batches leaves; the first ``known`` plays come from before there were triggers."""
    with connection.transaction(force_rollback=True):
        connection.execute(TRACK)
        connection.execute("ALTER TABLE plays DISABLE TRIGGER USER")
        connection.execute(ADOPT, [known])
        connection.execute("ALTER TABLE plays ENABLE TRIGGER USER")
        for batch in batches:
            write(connection, batch)
        if not known:
            assert kept(connection, "play") == expected(connection, "play")
        return [kept(connection, "play"), connection.execute(NOTIFIED).fetchall()]


@settings(max_examples=at_depth(20, 60, 800), deadline=None)
@given(plays=PLAYS, known=st.sampled_from([0, 0, 5]), data=st.data())
def test_batching_does_not_show(
    session: psycopg.Connection, plays: list[Play], known: int, data: st.DataObject
) -> None:
    numbered = list(enumerate(plays, 1))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(plays)), max_size=5)))
    pieces = [numbered[start:end] for start, end in zip([0, *cuts], [*cuts, len(plays)], strict=True)]
    shuffled = [data.draw(st.permutations(piece)) for piece in pieces if piece]

    one_by_one = outcome(session, [[play] for play in numbered], known)
    assert outcome(session, [numbered], known) == one_by_one
    assert outcome(session, shuffled, known) == one_by_one


def test_milestones_are_stamped_with_the_play_that_reached_them(undone: psycopg.Connection) -> None:
    undone.execute(TRACK)
    write(undone, [(id_, Play(None, 1, 0, None)) for id_ in range(1, 31)])

    milestones = undone.execute('SELECT threshold, slot, "timestamp" FROM milestones ORDER BY threshold').fetchall()
    assert milestones == [
        (10, 3, START + timedelta(seconds=10)),
        (25, 8, START + timedelta(seconds=25)),
    ]
    assert undone.execute(NOTIFIED).fetchall() == [
        (
            [70],
            "70",
            f"milestone:LISTEN_COUNT:id:1:threshold:{threshold}",
            "milestone",
            slot,
            None,
            at,
            {"type": "LISTEN_COUNT", "track_id": 1, "threshold": threshold},
        )
        for threshold, slot, at in milestones
    ]


def test_a_track_nobody_knows_reaches_milestones_without_a_notification(undone: psycopg.Connection) -> None:
    write(undone, [(id_, Play(None, 5, 0, None)) for id_ in range(1, 11)])
    assert undone.execute("SELECT id, threshold FROM milestones").fetchall() == [(5, 10)]
    assert undone.execute(NOTIFIED).fetchall() == []


def test_a_milestone_is_reached_once_in_a_lifetime(undone: psycopg.Connection) -> None:
    undone.execute(TRACK)
    write(undone, [(id_, Play(None, 1, 0, None)) for id_ in range(1, 11)])
    before = undone.execute("SELECT * FROM milestones").fetchall(), undone.execute(NOTIFIED).fetchall()
    undone.execute("UPDATE aggregate_plays SET count = 9")  # as a repair might
    write(undone, [(11, Play(None, 1, 0, None))])
    assert (undone.execute("SELECT * FROM milestones").fetchall(), undone.execute(NOTIFIED).fetchall()) == before


def test_pruning_plays_takes_nothing_back(undone: psycopg.Connection) -> None:
    write(undone, [(id_, Play(1, 1, id_, None)) for id_ in range(1, 5)])
    before = kept(undone, "play")
    undone.execute("DELETE FROM plays")
    assert kept(undone, "play") == before
