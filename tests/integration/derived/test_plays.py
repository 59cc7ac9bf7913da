"""Domain scenarios 35, 36 and 38 to 41, and what rebuild and audit make of pruned and adopted tables."""

import copy
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.incremental.fold import Fold
from backbeat.incremental.transaction import Session
from harness import ChainWriter, Play, World, settle

HOUR = timedelta(hours=1)
NOON = datetime(2026, 5, 22, 12)  # noqa: DTZ001 - the network's columns hold naive UTC


async def rows(connection: AsyncConnection[Any], query: str, *values: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode(), values)).fetchall()


async def counts(connection: AsyncConnection[Any]) -> dict[int, int]:
    """Plays by hour, as hours after noon."""
    found = await rows(connection, "SELECT hourly_timestamp, play_count FROM hourly_play_counts")
    return {(hour - NOON) // HOUR: count for hour, count in found}


async def checkpoint(connection: AsyncConnection[Any], name: str) -> int | None:
    found = await rows(connection, "SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = %s", name)
    return found[0][0] if found else None


async def set_checkpoint(connection: AsyncConnection[Any], name: str, position: int) -> None:
    await write(connection, "INSERT INTO indexing_checkpoints VALUES (%s, %s)", name, position)


async def write(connection: AsyncConnection[Any], statement: str, *values: Any) -> None:
    await connection.execute(statement.encode(), values)


async def listened(connection: AsyncConnection[Any], user_id: int) -> list[tuple[int, str, int]] | None:
    found = await rows(connection, "SELECT listening_history FROM user_listening_history WHERE user_id = %s", user_id)
    if not found:
        return None
    return [(entry["track_id"], entry["timestamp"], entry["play_count"]) for entry in found[0][0]]


async def store_history(connection: AsyncConnection[Any], user_id: int, history: Any) -> None:
    statement = "INSERT INTO user_listening_history VALUES (%s, %s)"
    await write(connection, statement, user_id, json.dumps(history))


def at_hours(*hours: int) -> list[Play]:
    return [Play(1, None, NOON + hour * HOUR + timedelta(minutes=number)) for number, hour in enumerate(hours)]


async def test_35_hourly_counts_add_up(connection: AsyncConnection[Any]) -> None:
    chain = ChainWriter(connection)
    await chain.commit(at_hours(-8, -7, -7, -6, -6, -6, -5, -5, -5, 0, 0, 0, 0))
    await settle(HOURLY_PLAY_COUNTS, connection)
    assert await counts(connection) == {-8: 1, -7: 2, -6: 3, -5: 3, 0: 4}
    assert await checkpoint(connection, "hourly_play_counts") == 13
    await chain.commit(at_hours(0, 0, 1))
    await settle(HOURLY_PLAY_COUNTS, connection)
    assert await counts(connection) == {-8: 1, -7: 2, -6: 3, -5: 3, 0: 6, 1: 1}
    assert await checkpoint(connection, "hourly_play_counts") == 16
    assert (await HOURLY_PLAY_COUNTS.incremental(Session(connection))).is_quiet


@pytest.mark.parametrize("fold", [HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY], ids=lambda fold: fold.name)
async def test_36_a_checkpoint_above_the_frontier_stays_and_counts_nothing(
    fold: Fold, connection: AsyncConnection[Any]
) -> None:
    await set_checkpoint(connection, fold.name, 100)
    chain = ChainWriter(connection)
    await chain.commit([Play(1, 7, NOON)] * 90)
    assert (await fold.incremental(Session(connection))).is_quiet
    assert await checkpoint(connection, fold.name) == 100
    assert await World(connection).rows(fold) == []
    await chain.commit([Play(1, 7, NOON)] * 11)
    report = await fold.incremental(Session(connection))
    assert report.rows_read == 1, "play 101 is the first that the checkpoint does not cover"


async def test_plays_that_are_not_committed_with_the_cursor_do_not_count_yet(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(at_hours(0))
    await write(connection, "INSERT INTO plays (id, play_item_id, created_at) VALUES (2, 1, %s)", NOON)
    await settle(HOURLY_PLAY_COUNTS, connection)
    assert await counts(connection) == {0: 1}


async def test_rebuild_repairs_and_audit_tells(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(at_hours(0, 0, 1))
    await settle(HOURLY_PLAY_COUNTS, connection)
    await write(connection, "UPDATE hourly_play_counts SET play_count = 7 WHERE play_count = 2")
    await write(connection, "INSERT INTO hourly_play_counts VALUES (%s, 1)", NOON + 5 * HOUR)
    audit = await HOURLY_PLAY_COUNTS.audit(connection)
    assert (audit.compared, audit.missing, audit.extra) == (2, 1, 2)
    assert audit.samples["missing"] == [{"hourly_timestamp": "2026-05-22T12:00:00", "play_count": 2}]
    report = await HOURLY_PLAY_COUNTS.rebuild(Session(connection))
    assert (report.inserted, report.updated, report.deleted) == (0, 1, 1)
    assert (await HOURLY_PLAY_COUNTS.audit(connection)).is_clean
    assert (await HOURLY_PLAY_COUNTS.rebuild(Session(connection))).is_quiet


async def test_pruned_hours_keep_their_counts(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit(at_hours(-48, -24, -24, 0))
    await settle(HOURLY_PLAY_COUNTS, connection)
    await prune(connection, NOON - 24 * HOUR + timedelta(minutes=1))
    assert await rows(connection, "SELECT count(*) FROM plays") == [(2,)]
    assert (await HOURLY_PLAY_COUNTS.audit(connection)).is_clean
    assert (await HOURLY_PLAY_COUNTS.rebuild(Session(connection))).is_quiet
    assert await counts(connection) == {-48: 1, -24: 2, 0: 1}


async def test_38_a_history_is_newest_first_with_counts(connection: AsyncConnection[Any]) -> None:
    times = [datetime(2014, month, 4) for month in (1, 2, 4, 3, 1)]  # noqa: DTZ001 - as above
    plays = [Play(1, 9, time) for time in times]
    await ChainWriter(connection).commit([*plays, Play(3, 9, datetime(2015, 5, 5))])  # noqa: DTZ001 - as above
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [(3, "2015-05-05 00:00:00", 1), (1, "2014-04-04 00:00:00", 5)]


async def test_fractions_have_six_digits_and_ties_go_to_the_higher_track(connection: AsyncConnection[Any]) -> None:
    half = NOON + timedelta(milliseconds=500)
    await ChainWriter(connection).commit([Play(1, 9, NOON), Play(2, 9, NOON), Play(3, 9, half)])
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [
        (3, "2026-05-22 12:00:00.500000", 1),
        (2, "2026-05-22 12:00:00", 1),
        (1, "2026-05-22 12:00:00", 1),
    ]


async def test_39_an_entry_without_count_counts_as_one(connection: AsyncConnection[Any]) -> None:
    await store_history(connection, 9, [{"track_id": 1, "timestamp": "2026-05-22 12:00:00"}])
    chain = ChainWriter(connection)
    await chain.commit([Play(1, 9, NOON + HOUR)])
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [(1, "2026-05-22 13:00:00", 2)]
    await chain.commit([Play(1, 9, NOON - HOUR)])
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [(1, "2026-05-22 13:00:00", 3)]


@pytest.mark.parametrize(
    "stored", [None, {}, "x", 7, [], [None, 3, "x", {}, {"track_id": "many"}, {"track_id": None}]], ids=repr
)
async def test_a_history_that_cannot_be_read_is_empty(stored: Any, connection: AsyncConnection[Any]) -> None:
    await store_history(connection, 9, stored)
    await ChainWriter(connection).commit([Play(1, 9, NOON)])
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [(1, "2026-05-22 12:00:00", 1)]


async def test_every_form_of_timestamp_is_understood(connection: AsyncConnection[Any]) -> None:
    forms = [
        "2026-05-22T12:00:05Z", "2026-05-22 14:00:04+02", "2026-05-22T12:00:03.25Z", "2026-05-22 12:00:02.5",
        "2026-05-31 12:00:00", "2026-02-30 12:00:00", "infinity", "soon",
    ]  # fmt: skip
    entries = [{"track_id": 10 + number, "timestamp": form, "play_count": 2} for number, form in enumerate(forms)]
    await store_history(connection, 9, entries)
    await ChainWriter(connection).commit([Play(1, 9, NOON)])
    await settle(USER_LISTENING_HISTORY, connection)
    assert await listened(connection, 9) == [
        (14, "2026-05-31 12:00:00", 2),
        (10, "2026-05-22 12:00:05", 2),
        (11, "2026-05-22 12:00:04", 2),
        (12, "2026-05-22 12:00:03.250000", 2),
        (13, "2026-05-22 12:00:02.500000", 2),
        (1, "2026-05-22 12:00:00", 1),
        (17, "soon", 2),
        (16, "infinity", 2),
        (15, "2026-02-30 12:00:00", 2),
    ]


def one_each(tracks: Iterable[int], start: datetime) -> list[Play]:
    return [Play(track, 9, start + timedelta(seconds=track)) for track in tracks]


async def test_40_a_thousand_tracks_are_kept_and_a_dropped_one_starts_over(connection: AsyncConnection[Any]) -> None:
    chain = ChainWriter(connection)
    await chain.commit([Play(1, 9, NOON), *one_each(range(1, 1001), NOON)])
    await settle(USER_LISTENING_HISTORY, connection)
    await chain.commit(one_each([1001], NOON))
    await settle(USER_LISTENING_HISTORY, connection)
    history = await listened(connection, 9)
    assert history is not None
    assert len(history) == 1000
    assert (history[0][0], history[-1][0]) == (1001, 2)
    await chain.commit([Play(1, 9, NOON + HOUR)])
    await settle(USER_LISTENING_HISTORY, connection)
    history = await listened(connection, 9)
    assert history is not None
    assert history[0] == (1, "2026-05-22 13:00:00", 1)
    assert (await USER_LISTENING_HISTORY.audit(connection)).is_clean, "a count that started over is possible"
    assert (await USER_LISTENING_HISTORY.rebuild(Session(connection))).is_quiet


async def test_an_old_play_of_a_full_history_writes_nothing(connection: AsyncConnection[Any]) -> None:
    chain = ChainWriter(connection)
    await chain.commit(one_each(range(1, 1001), NOON))
    await settle(USER_LISTENING_HISTORY, connection)
    await chain.commit([Play(5000, 9, NOON - HOUR)])
    report = await USER_LISTENING_HISTORY.incremental(Session(connection))
    assert (report.rows_read, report.rows_written) == (1, 0)
    assert await checkpoint(connection, "user_listening_history") == 1001


async def test_41_anonymous_plays_change_nothing_and_are_passed(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([Play(1, None, NOON)] * 3)
    report = await USER_LISTENING_HISTORY.incremental(Session(connection))
    assert report.rows_written == 0
    assert await checkpoint(connection, "user_listening_history") == 3
    assert (await USER_LISTENING_HISTORY.incremental(Session(connection))).is_quiet


async def test_a_backlog_is_merged_in_batches(connection: AsyncConnection[Any]) -> None:
    fold = in_batches_of(4, USER_LISTENING_HISTORY)
    await ChainWriter(connection).commit([Play(1, 9, NOON), Play(2, None, NOON)] * 5)
    reports = await settle(fold, connection)
    assert [report.rows_read for report in reports] == [4, 4, 2, 0]
    assert [report.more for report in reports] == [True, True, False, False]
    assert await listened(connection, 9) == [(1, "2026-05-22 12:00:00", 5)]


async def test_histories_survive_pruning(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([*one_each([1, 2], NOON - 24 * HOUR), *one_each([1, 3], NOON)])
    await settle(USER_LISTENING_HISTORY, connection)
    before = await listened(connection, 9)
    await prune(connection, NOON - HOUR)
    assert (await USER_LISTENING_HISTORY.audit(connection)).is_clean
    assert (await USER_LISTENING_HISTORY.rebuild(Session(connection))).is_quiet
    assert await listened(connection, 9) == before


async def test_histories_are_rebuilt_from_nothing(connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([Play(1, 9, NOON), Play(2, 8, NOON), Play(1, 9, NOON)])
    await settle(USER_LISTENING_HISTORY, connection)
    before = await rows(connection, "TABLE user_listening_history ORDER BY user_id")
    await write(connection, "TRUNCATE user_listening_history")
    assert (await USER_LISTENING_HISTORY.audit(connection)).missing == 2
    await USER_LISTENING_HISTORY.rebuild(Session(connection))
    assert await rows(connection, "TABLE user_listening_history ORDER BY user_id") == before


async def prune(connection: AsyncConnection[Any], until: datetime) -> None:
    """What pruning does."""
    await write(connection, "DELETE FROM plays WHERE created_at <= %s", until)


def in_batches_of(rows_max: int, fold: Fold) -> Fold:
    small = copy.copy(fold)
    small._feed = msgspec.structs.replace(fold._feed, rows_max=rows_max)
    return small
