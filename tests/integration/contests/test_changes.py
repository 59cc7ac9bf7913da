"""Contests that change, hide, come back and end while nobody looks; and what other programs write of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from integration.contests.test_scenarios import (
    EVENT,
    FAN_ENDED,
    FAN_SOON,
    FOLLOWER,
    HOST,
    HOST_ENDED,
    HOST_SOON,
    LATE,
    OWNER,
    PARENT,
    REMIX,
    REMIXER,
    SAVER,
    SUBSCRIBER,
    crowd,
    ends,
    heard,
    told,
)

from backbeat.db.query import value
from backbeat.derived.contests.notices import CONTEST_NOTICES
from backbeat.incremental.transaction import Session
from harness.challenge_world import Row, follow, save, subscription, track
from harness.check import settle
from harness.contest_world import ContestWorld, Edit, Step, ending, job, remix_of

FANS = [FOLLOWER, SAVER, SUBSCRIBER]
SOON = {HOST_SOON: [HOST], FAN_SOON: FANS}
ENDED = {HOST_ENDED: [HOST], FAN_ENDED: [REMIXER, *FANS]}
HIDDEN = [{"is_unlisted": True}, {"is_delete": True}]
IDS = "SELECT nextval('notification_id_seq')"


def contest(world: ContestWorld, hours: float, **more: Any) -> Row:
    return ending(EVENT, HOST, PARENT, ends(world, hours), **more)


async def test_an_end_that_moves_away_is_told_of_once_more_to_those_who_joined_since(world: ContestWorld) -> None:
    assert await told(world, *crowd(), contest(world, 36)) == SOON
    await told(world, contest(world, 200))
    assert await told(world, follow(LATE, HOST), hours=1) == SOON
    assert await told(world, hours=140) == SOON | {FAN_SOON: [*FANS, LATE]}


async def test_an_end_that_moves_within_its_window_goes_on(world: ContestWorld) -> None:
    assert await told(world, *crowd(), contest(world, 36)) == SOON
    assert await told(world, contest(world, 40), follow(LATE, HOST), hours=1) == SOON | {FAN_SOON: [*FANS, LATE]}
    assert [notice[3] for notice in await world.notices()] == [True, True]


async def test_an_end_that_moves_into_the_past_is_told_of(world: ContestWorld) -> None:
    await told(world, *crowd(), contest(world, 200))
    assert await told(world, contest(world, -1)) == ENDED


async def test_an_end_that_moves_beyond_all_windows_is_not_told_of(world: ContestWorld) -> None:
    await told(world, *crowd(), contest(world, 200))
    assert await told(world, contest(world, -25)) == {}
    assert await world.notices() == []


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_a_track_that_hides_and_is_seen_again(world: ContestWorld, hidden: dict[str, bool]) -> None:
    assert await told(world, *crowd(), contest(world, 36)) == SOON
    assert await told(world, track(PARENT, OWNER, **hidden), hours=1) == SOON
    assert await world.notices() == []
    assert await told(world, follow(LATE, HOST)) == SOON
    assert await told(world, track(PARENT, OWNER), hours=1) == SOON | {FAN_SOON: [*FANS, LATE]}


async def test_a_contest_that_is_called_off_and_held_after_all(world: ContestWorld) -> None:
    assert await told(world, *crowd(), contest(world, 36)) == SOON
    assert await told(world, contest(world, 36, is_deleted=True), follow(LATE, HOST)) == SOON
    assert await told(world, contest(world, 36)) == SOON | {FAN_SOON: [*FANS, LATE]}


async def test_a_contest_of_which_the_track_comes_later(world: ContestWorld) -> None:
    """And one of a track that never comes holds up no other (C2)."""
    nowhere = ending(EVENT - 1, HOST, 99, ends(world, 36))
    assert await told(world, *crowd()[1:], nowhere, contest(world, 36)) == {}
    assert await told(world, track(PARENT, OWNER)) == SOON


async def test_another_host_has_other_fans(world: ContestWorld) -> None:
    await told(world, *crowd(), follow(9, 101), contest(world, 36))
    assert await told(world, ending(EVENT, 101, PARENT, ends(world, 36))) == {
        HOST_SOON: [HOST, 101],
        FAN_SOON: [*FANS, 9],
    }


async def test_a_contest_moves_to_another_track(world: ContestWorld) -> None:
    await told(world, *crowd(), save(9, 2000), track(2000, OWNER), contest(world, 36))
    assert await told(world, ending(EVENT, HOST, 2000, ends(world, 36))) == SOON | {FAN_SOON: [*FANS, 9]}


async def test_an_empty_audience_is_marked_and_who_joins_is_told(world: ContestWorld) -> None:
    """Nothing is looked at again because nobody was there (C4)."""
    await told(world, track(PARENT, OWNER), contest(world, -1))
    assert await world.notices() == [(EVENT, HOST_ENDED, HOST, True), (EVENT, FAN_ENDED, -1, True)]
    assert (await job().incremental(Session(world.connection))).is_quiet
    assert await told(world, remix_of(REMIX, REMIXER, PARENT)) == {HOST_ENDED: [HOST], FAN_ENDED: [REMIXER]}


async def test_the_first_who_is_told_is_not_the_last(world: ContestWorld) -> None:
    """C1: a row that is there, whoever wrote it, stops nothing."""
    await told(world, *crowd())
    await world.connection.execute(
        "INSERT INTO notification (type, group_id, specifier, user_ids, timestamp) VALUES (%s, %s, '3', '{3}', now())",
        [FAN_SOON, f"{FAN_SOON}:{EVENT}"],
    )
    found = await told(world, contest(world, 36))
    assert sorted(found[FAN_SOON]) == FANS


async def test_after_a_downtime_what_is_still_in_its_window_is_told(world: ContestWorld) -> None:
    """Not that the contest was to end soon, and not of one that ended a day and an hour ago."""
    await told(world, *crowd(), contest(world, 100), ending(EVENT + 1, HOST, PARENT, ends(world, 78)))
    assert await told(world, follow(LATE, HOST), hours=103) == {
        HOST_ENDED: [HOST],
        FAN_ENDED: [REMIXER, *FANS, LATE],
    }


async def test_a_telling_that_is_cut_off_by_the_end_of_its_window_is_not_gone_on_with(world: ContestWorld) -> None:
    await told(world)
    await world.apply(Step(0, (*crowd(), contest(world, 1))))
    for _ in range(3):  # the host, that there is nobody else, the first fan
        await job(users_max=1, notices_max=1).incremental(Session(world.connection))
    before = heard(await world.rows())
    assert sum(map(len, before.values())) == 2
    after = await told(world, hours=2)
    assert after == before | ENDED


async def test_a_first_run_tells_of_what_is_in_its_window(world: ContestWorld) -> None:
    await world.apply(Step(0, crowd()))
    await world.apply(Step(0, [contest(world, 36), ending(EVENT + 1, HOST, PARENT, ends(world, -30))]))
    assert await told(world) == SOON


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(follow(LATE, HOST), {"is_delete": False}), [*FANS, LATE]),
        (Edit(save(LATE, PARENT), {"is_delete": False}), [*FANS, LATE]),
        (Edit(subscription(LATE, EVENT), {"is_delete": False}), [*FANS, LATE]),
        (Edit(follow(8, HOST), {"is_delete": False}), [*FANS, 8]),
        (Edit(save(8, PARENT), {"is_delete": False}), [*FANS, 8]),
        (Edit(subscription(8, EVENT), {"is_delete": False}), [*FANS, 8]),
        (Edit(follow(HOST, HOST), {"is_delete": False}), FANS),
        (Edit(save(LATE, PARENT, "playlist"), {"is_delete": False}), FANS),
    ],
)
async def test_who_joins_by_an_edit_is_told(world: ContestWorld, edit: Edit, expected: list[int]) -> None:
    """Of a row that is there, undone, or new, without a block of its own."""
    undone = [follow(LATE, HOST, undo=True), save(LATE, PARENT, undo=True), subscription(LATE, EVENT, undo=True)]
    await told(world, *crowd(), *undone, contest(world, 36))
    assert await told(world, edits=[edit], hours=1) == SOON | {FAN_SOON: expected}


@pytest.mark.parametrize(
    "columns", [{"is_delete": False}, {"owner_id": LATE}, {"remix_of": {"tracks": [{"parent_track_id": PARENT}]}}]
)
async def test_a_remix_by_an_edit_is_told(world: ContestWorld, columns: dict[str, Any]) -> None:
    before: dict[str, dict[str, Any]] = {
        "is_delete": {"is_delete": True},
        "owner_id": {"owner_id": REMIXER},
        "remix_of": {"remix_of": None},
    }
    (name,) = columns
    made = remix_of(1002, LATE, PARENT)
    undone = Row("tracks", made.columns | before[name])
    await told(world, *crowd(), undone, contest(world, -1))
    assert await told(world, edits=[Edit(made, columns)], hours=1) == ENDED | {FAN_ENDED: [REMIXER, *FANS, LATE]}


@pytest.mark.parametrize(
    "edit",
    [
        Edit(track(PARENT, OWNER), {"is_unlisted": False}),
        Edit(ending(EVENT, HOST, PARENT, None), {"is_deleted": False}),
        Edit(ending(EVENT, HOST, PARENT, None), {"entity_id": PARENT}),
        Edit(ending(EVENT, HOST, PARENT, None), {"entity_type": "track"}),
        Edit(ending(EVENT, HOST, PARENT, None), {"event_type": "remix_contest"}),
    ],
)
async def test_a_contest_that_an_edit_opens_is_told_of(world: ContestWorld, edit: Edit) -> None:
    assert edit.columns
    spoilt: dict[str, Any] = {
        "is_unlisted": True,
        "is_deleted": True,
        "entity_id": 99,
        "entity_type": "collection",
        "event_type": "live_event",
    }
    rows = (*crowd(), contest(world, 36))
    wrong = {name: spoilt[name] for name in edit.columns}
    spoiled = [
        Row(row.table, row.columns | wrong) if (row.table, _id(row)) == (edit.row.table, _id(edit.row)) else row
        for row in rows
    ]
    assert await told(world, *spoiled) == {}
    assert await told(world, edits=[edit]) == SOON


def _id(row: Row) -> Any:
    return row.columns.get("track_id", row.columns.get("event_id"))


async def test_an_end_that_an_edit_moves_is_followed(world: ContestWorld) -> None:
    await told(world, *crowd(), contest(world, 200))
    moved = Edit(ending(EVENT, HOST, PARENT, None), {"end_date": ends(world, 36)})
    assert await told(world, edits=[moved]) == SOON


@pytest.mark.parametrize("edit", [Edit(ending(EVENT, HOST, PARENT, None), None), Edit(track(PARENT, OWNER), None)])
async def test_what_an_edit_removes_is_told_of_no_more(world: ContestWorld, edit: Edit) -> None:
    await told(world, *crowd(), contest(world, 36))
    await told(world, edits=[edit])
    assert await world.notices() == []
    assert await told(world, follow(LATE, HOST), hours=1) == SOON


@pytest.mark.parametrize("loss", ["UPDATE backbeat.consumers SET epoch = 1", "SELECT backbeat.log_everything('edits')"])
async def test_edits_that_nobody_can_name_are_answered_by_looking_at_all(world: ContestWorld, loss: str) -> None:
    await told(world, *crowd(), contest(world, 36))
    await world.connection.execute("SET session_replication_role = replica")  # what was lost, no log tells
    await world.apply(Step(1, edits=[Edit(follow(LATE, HOST), {"is_delete": False})]))
    await world.connection.execute("SET session_replication_role = origin")
    await world.connection.execute(loss.encode())
    assert await told(world) == SOON | {FAN_SOON: [*FANS, LATE]}
    assert [notice[3] for notice in await world.notices()] == [True, True]


async def test_who_was_told_takes_no_id_when_all_are_looked_at_again(world: ContestWorld) -> None:
    await told(world, *crowd(), *[follow(user, HOST) for user in range(10, 60)], contest(world, 36))
    connection = world.connection
    before = (await (await connection.execute(IDS)).fetchone() or (0,))[0]
    for hidden in (True, False) * 5:
        await told(world, track(PARENT, OWNER, is_unlisted=hidden), follow(10, HOST))
    assert (await (await connection.execute(IDS)).fetchone() or (0,))[0] == before + 1


@pytest.mark.parametrize("limits", [{"users_max": 1}, {"users_max": 3}, {"notices_max": 1}, {"rows_max": 1}])
async def test_batches_tell_what_one_run_does(world: ContestWorld, limits: dict[str, int]) -> None:
    follows = [follow(user, HOST) for user in range(10, 30)]
    await world.apply(
        Step(0, (*crowd(), *follows, contest(world, 36), ending(EVENT + 1, HOST, PARENT, ends(world, -1))))
    )
    reports = await settle(job(**limits), world.connection)
    users = heard(await world.rows())
    assert sorted(users[FAN_ENDED]) == sorted([REMIXER, FOLLOWER, SAVER, *range(10, 30)])
    assert sorted(users[FAN_SOON]) == sorted([*FANS, *range(10, 30)])
    assert all(report.inserted <= limits.get("users_max", 100) for report in reports)
    assert all(notice[3] for notice in await world.notices())


async def test_a_rush_of_users_who_join_is_told_in_batches(world: ContestWorld) -> None:
    await told(world, *crowd(), contest(world, 36))
    await world.apply(Step(1, [follow(user, HOST) for user in range(10, 30)]))
    reports = await settle(job(joined_max=5, users_max=6), world.connection)
    assert sorted(heard(await world.rows())[FAN_SOON]) == [*FANS, *range(10, 30)]
    assert all(report.inserted <= 6 for report in reports)


async def test_who_has_a_rush_go_on_and_on_holds_up_no_other_contest(world: ContestWorld) -> None:
    """Before each run more users follow one host than a run names; the other's contest was there later."""
    await told(world, *crowd(), contest(world, 12))
    fans = [follow(user, 200) for user in range(10, 16)]
    await world.apply(Step(0, [track(2000, 200), ending(EVENT + 1, 200, 2000, ends(world, 36)), *fans]))
    keeper = job(joined_max=5, users_max=2, notices_max=1)
    for rush in range(20):
        await world.apply(Step(0.01, [follow(user, HOST) for user in range(300 + rush * 7, 307 + rush * 7)]))
        await keeper.incremental(Session(world.connection))
    fans_told = [row.specifier for row in await world.rows() if row.group_id == f"{FAN_SOON}:{EVENT + 1}"]
    assert sorted(fans_told) == [str(user) for user in range(10, 16)]


@pytest.mark.parametrize("more", [{"is_deleted": True}, {"user_id": 101}, {"entity_id": 2000}])
async def test_in_a_backlog_contests_are_told_of_as_they_are_at_its_end(
    world: ContestWorld, more: dict[str, Any]
) -> None:
    """Who joined before the contest was called off, given to another host, or made about another track."""
    await told(world, *crowd(), track(2000, OWNER), contest(world, 36))
    before = heard(await world.rows())[FAN_SOON]
    joins = follow(LATE, HOST), save(7, PARENT)
    for row in (*joins, Row("events", contest(world, 36).columns | more)):
        await world.apply(Step(0, [row]))
    await settle(job(rows_max=1), world.connection)
    still = {"is_deleted": [], "user_id": [7], "entity_id": [LATE]}
    assert heard(await world.rows())[FAN_SOON] == [*before, *still[next(iter(more))]]


async def test_in_a_backlog_telling_ends_where_the_contest_was_called_off_meanwhile(world: ContestWorld) -> None:
    await told(world, *crowd())
    await world.apply(Step(0, [contest(world, 36)]))
    await job(users_max=1).incremental(Session(world.connection))
    before = await world.rows()
    await world.apply(Step(0, [follow(LATE, 9)]))
    await world.apply(Step(0, [contest(world, 36, is_deleted=True)]))
    await settle(job(rows_max=1, users_max=1), world.connection)
    assert await world.rows() == before


async def test_a_contest_by_the_wall_clock_unless_told_otherwise(world: ContestWorld) -> None:
    await settle(CONTEST_NOTICES, world.connection)
    now: datetime = await value(world.connection, "SELECT now() AT TIME ZONE 'UTC'")
    await world.apply(Step(0, (*crowd(), ending(EVENT, HOST, PARENT, now + timedelta(hours=1)))))
    await settle(CONTEST_NOTICES, world.connection)
    assert heard(await world.rows()) == SOON
