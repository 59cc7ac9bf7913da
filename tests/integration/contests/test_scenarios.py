"""What is told of contests at their time (domain: derived state, 4.8 and 9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from harness.challenge_world import Row, follow, save, subscription, track
from harness.check import settle
from harness.contest_world import ContestWorld, Heard, Step, ending, job, remix_of

HOST, REMIXER, FOLLOWER, SAVER, SUBSCRIBER, LATE = 100, 2, 3, 4, 5, 6
EVENT, PARENT, REMIX, OWNER = 500, 1000, 1001, 100
FAN_ENDED, FAN_SOON = "fan_remix_contest_ended", "fan_remix_contest_ending_soon"
HOST_ENDED, HOST_SOON = "artist_remix_contest_ended", "artist_remix_contest_ending_soon"
MICROSECOND = timedelta(microseconds=1)


def crowd() -> Sequence[Row]:
    """Return the track of the host, a remix, and whoever has to do with it."""
    return (
        track(PARENT, OWNER),
        remix_of(REMIX, REMIXER, 7, PARENT),
        follow(FOLLOWER, HOST),
        save(SAVER, PARENT),
        subscription(SUBSCRIBER, EVENT),
    )


async def told(world: ContestWorld, *rows: Row, hours: float = 0.0, **step: Any) -> dict[str, list[int]]:
    """Write rows some hours later and run the job; return who was told what so far, by type."""
    await world.apply(Step(hours, rows, **step))
    await settle(job(), world.connection)
    return heard(await world.rows())


def heard(rows: Sequence[Heard]) -> dict[str, list[int]]:
    """Return who was told what, by type."""
    users: dict[str, list[int]] = {}
    for row in rows:
        users.setdefault(row.type, []).extend(row.user_ids)
    return users


def ends(world: ContestWorld, hours: float) -> datetime:
    """Return an instant so many hours from now."""
    return world.now + timedelta(hours=hours)


async def test_49_a_contest_that_ended_an_hour_ago(world: ContestWorld) -> None:
    contest = ending(EVENT, HOST, PARENT, ends(world, -1))
    expected = {HOST_ENDED: [HOST], FAN_ENDED: [REMIXER, FOLLOWER, SAVER, SUBSCRIBER]}
    assert await told(world, *crowd(), contest) == expected
    assert await told(world) == expected
    assert await told(world, save(HOST, PARENT)) == expected


async def test_49_what_the_rows_say(world: ContestWorld) -> None:
    await told(world, *crowd(), track(PARENT, 9), ending(EVENT, HOST, PARENT, ends(world, -1)))
    host, remixer, *_ = await world.rows()
    data = {"entity_id": PARENT}
    group = f"{HOST_ENDED}:{EVENT}"
    assert host == Heard(HOST_ENDED, group, str(HOST), [HOST], data, world.now, None)
    data |= {"entity_user_id": 9}
    group = f"{FAN_ENDED}:{EVENT}"
    assert remixer == Heard(FAN_ENDED, group, str(REMIXER), [REMIXER], data, world.now, None)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (36, {HOST_SOON: [HOST], FAN_SOON: [FOLLOWER, SAVER, SUBSCRIBER]}),
        (60, {FAN_SOON: [FOLLOWER, SAVER, SUBSCRIBER]}),
        (73, {}),
    ],
)
async def test_50_a_contest_that_ends_soon(world: ContestWorld, hours: int, expected: dict[str, list[int]]) -> None:
    contest = ending(EVENT, HOST, PARENT, ends(world, hours))
    assert await told(world, *crowd(), contest) == expected
    assert await told(world) == expected


async def test_50_what_the_rows_say(world: ContestWorld) -> None:
    await told(world, *crowd(), track(PARENT, 9), ending(EVENT, HOST, PARENT, ends(world, 36)))
    rows = await world.rows()
    assert {(row.type, row.group_id, str(row.data)) for row in rows} == {
        (kind, f"{kind}:{EVENT}", str({"entity_id": PARENT, "entity_user_id": 9})) for kind in (HOST_SOON, FAN_SOON)
    }


@pytest.mark.parametrize("hours", [-1, 36])
@pytest.mark.parametrize("hidden", [{"is_unlisted": True}, {"is_delete": True}, {"is_current": False}])
async def test_51_nothing_is_told_of_a_track_that_nobody_sees(
    world: ContestWorld, hours: int, hidden: dict[str, bool]
) -> None:
    contest = ending(EVENT, HOST, PARENT, ends(world, hours))
    assert await told(world, *crowd()[1:], track(PARENT, OWNER, **hidden), contest) == {}


async def test_52_who_follows_after_the_first_were_told_is_told_then(world: ContestWorld) -> None:
    soon = {HOST_SOON: [HOST], FAN_SOON: [FOLLOWER, SAVER, SUBSCRIBER]}
    assert await told(world, *crowd(), ending(EVENT, HOST, PARENT, ends(world, 36))) == soon
    assert await told(world, follow(LATE, HOST), hours=1) == soon | {FAN_SOON: [FOLLOWER, SAVER, SUBSCRIBER, LATE]}
    assert (await world.rows())[-1].timestamp == world.now


@pytest.mark.parametrize(
    ("hours", "late", "kinds"),
    [
        (36, follow(LATE, HOST), [FAN_SOON]),
        (36, save(LATE, PARENT), [FAN_SOON]),
        (36, subscription(LATE, EVENT), [FAN_SOON]),
        (36, remix_of(1002, LATE, PARENT), []),
        (-1, follow(LATE, HOST), [FAN_ENDED]),
        (-1, save(LATE, PARENT), [FAN_ENDED]),
        (-1, subscription(LATE, EVENT), [FAN_ENDED]),
        (-1, remix_of(1002, LATE, 7, PARENT), [FAN_ENDED]),
        (-1, follow(HOST, HOST), []),
        (-1, follow(LATE, HOST, undo=True), []),
        (-1, save(LATE, PARENT, "playlist"), []),
        (-1, save(LATE, REMIX), []),
        (-1, subscription(LATE, EVENT + 1), []),
        (-1, remix_of(1002, LATE, "1000"), []),
        (-1, remix_of(1002, LATE, PARENT, is_delete=True), []),
    ],
)
async def test_52_who_joins_a_contest_is_told_what_the_others_were(
    world: ContestWorld, hours: int, late: Row, kinds: list[str]
) -> None:
    before = await told(world, *crowd(), ending(EVENT, HOST, PARENT, ends(world, hours)))
    after = await told(world, late, hours=1)
    assert after == {kind: [*users, LATE] if kind in kinds else users for kind, users in before.items()}


ALL = {FAN_ENDED, FAN_SOON, HOST_ENDED, HOST_SOON}


@pytest.mark.parametrize(
    ("end", "kinds"),
    [
        (timedelta(0), ALL),
        (MICROSECOND, {FAN_SOON, HOST_SOON}),
        (-MICROSECOND, {FAN_ENDED, HOST_ENDED}),
        (timedelta(hours=-24), {FAN_ENDED, HOST_ENDED}),
        (timedelta(hours=-24) - MICROSECOND, set()),
        (timedelta(hours=48), {FAN_SOON, HOST_SOON}),
        (timedelta(hours=48) + MICROSECOND, {FAN_SOON}),
        (timedelta(hours=72), {FAN_SOON}),
        (timedelta(hours=72) + MICROSECOND, set()),
    ],
)
@pytest.mark.parametrize("is_due", [False, True])
async def test_both_ends_of_a_window_belong_to_it(
    world: ContestWorld, end: timedelta, kinds: set[str], is_due: bool
) -> None:
    """Whether the contest is new, or its time comes."""
    if is_due:
        later = 200.0
        contest = ending(EVENT, HOST, PARENT, world.now + timedelta(hours=later) + end)
        assert await told(world, *crowd(), contest) == {}
        assert set(await told(world, hours=later)) == kinds
    else:
        assert set(await told(world, *crowd(), ending(EVENT, HOST, PARENT, world.now + end))) == kinds


@pytest.mark.parametrize(
    "more",
    [{"is_deleted": True}, {"end_date": None}, {"event_type": "live_event"}, {"entity_type": "collection"}],
)
async def test_what_is_no_contest_of_a_track_with_an_end_is_not_told_of(
    world: ContestWorld, more: dict[str, Any]
) -> None:
    contest = ending(EVENT, HOST, PARENT, ends(world, 0))
    assert await told(world, *crowd(), Row("events", contest.columns | more)) == {}


async def test_a_remix_need_be_neither_listed_nor_made_since_the_contest(world: ContestWorld) -> None:
    await told(world, track(PARENT, OWNER), remix_of(REMIX, REMIXER, PARENT, is_unlisted=True, is_available=False))
    assert await told(world, ending(EVENT, HOST, PARENT, ends(world, 1))) == {HOST_SOON: [HOST]}
    assert await told(world, hours=2) == {HOST_SOON: [HOST], HOST_ENDED: [HOST], FAN_ENDED: [REMIXER]}


async def test_the_types_are_told_in_the_order_of_the_rules(world: ContestWorld) -> None:
    await told(world, *crowd(), ending(EVENT, HOST, PARENT, world.now))
    found = await world.connection.execute("SELECT type FROM notification ORDER BY id")
    kinds = [kind for (kind,) in await found.fetchall()]
    assert list(dict.fromkeys(kinds)) == [FAN_ENDED, FAN_SOON, HOST_ENDED, HOST_SOON]
