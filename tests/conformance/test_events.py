"""Scenarios 131 to 135: events. What users hear of them (131, 136): integration/notifications/test_content.py."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from conformance.world import STAMPED, T1, T2, T3, U1, U2, W2, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.tracks import TrackRow

WIRE_ACTS = {
    "Event/Create": act.Act(act.OWNER, act.NEW["Event"], {"event_type": "live_event", "end_date": "2030-01-01"}),
    "Event/Update": act.Act(act.OWNER, act.EVENT, {"event_data": {"title": "Remix it"}}),
    "Event/Delete": act.Act(act.OWNER, act.NEW["Event"], before=("Event/Create",)),
}
WIRE_KEYS = {"Event": ["event_type", "entity_type", "entity_id", "end_date", "event_data"]}

E1 = 900
WEEK = timedelta(days=7)


def ends(moment: datetime) -> str:
    return moment.isoformat() + "Z"


CONTEST: dict[str, Any] = {
    "event_type": "remix_contest",
    "entity_type": "track",
    "entity_id": T1,
    "end_date": ends(B + WEEK),
    "event_data": {"description": "d"},
}


def test_scenario_131_a_contest(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    event = world.the(EventRow, E1)
    assert (event.event_type, event.user_id, event.entity_type, event.entity_id) == ("remix_contest", U1, "track", T1)
    assert (event.end_date, event.is_deleted, event.event_data) == (B + WEEK, False, {"description": "d"})
    assert (event.created_at, event.updated_at, event.blocknumber, event.blockhash) == (B, B, 10, "bb500")
    assert world.send(U1, "Event/Create", E1, {**CONTEST, "entity_id": T2}) is Code.ALREADY_EXISTS


def test_scenario_132_one_open_contest_for_a_track(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    assert world.send(U1, "Event/Create", E1 + 1, CONTEST) is Code.CONTEST_EXISTS
    assert world.send(U1, "Event/Create", E1 + 1, {**CONTEST, "entity_id": T2}) is None
    assert world.send(U1, "Event/Delete", E1) is None
    assert world.send(U1, "Event/Create", E1 + 2, CONTEST) is None
    world.next_block(seconds=int(WEEK.total_seconds()))
    assert world.send(U1, "Event/Create", E1 + 3, {**CONTEST, "end_date": ends(B + 2 * WEEK)}) is None


def test_other_events_leave_room_for_a_contest(world: World) -> None:
    world.put(
        EventRow(event_id=1, event_type="remix_contest", user_id=U1, entity_type="user", entity_id=T1, **STAMPED),
        EventRow(event_id=2, event_type="live_event", user_id=U1, entity_type="track", entity_id=T1, **STAMPED),
    )
    assert world.send(U1, "Event/Create", E1, CONTEST) is None


def test_a_contest_without_end_is_open(world: World) -> None:
    world.put(
        EventRow(event_id=1, event_type="remix_contest", user_id=U1, entity_type="track", entity_id=T1, **STAMPED)
    )
    assert world.send(U1, "Event/Create", E1, CONTEST) is Code.CONTEST_EXISTS


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"end_date": ends(B - timedelta(days=1))}, Code.END_DATE_PAST),
        ({"end_date": ends(B)}, None),
        ({"end_date": "2026-01-09T03:04:05+02:00"}, None),
        ({"end_date": "2026-01-09 03:04:05"}, None),
        ({"end_date": "x"}, Code.END_DATE_INVALID),
        ({"end_date": "1999999999"}, Code.END_DATE_INVALID),
        ({"end_date": None}, Code.END_DATE_INVALID),
        ({"entity_id": T3}, Code.NOT_OWNER),
        ({"entity_id": 2999999}, Code.NOT_FOUND),
        ({"entity_id": "2000001"}, Code.METADATA_INVALID),
        ({"entity_id": 2**31}, Code.ID_OUT_OF_RANGE),
        ({"entity_type": "user", "entity_id": None}, Code.METADATA_INVALID),
        ({"entity_type": ""}, Code.METADATA_INVALID),
        ({"entity_type": "Track"}, Code.METADATA_INVALID),
        ({"event_type": "party"}, Code.METADATA_INVALID),
        ({"event_type": ""}, Code.METADATA_INVALID),
        ({"event_type": "live_event", "end_date": None}, None),
        ({"event_type": "new_release", "entity_type": None, "entity_id": None}, None),
        ({"event_type": "live_event", "end_date": 7}, Code.END_DATE_INVALID),
    ],
)
def test_scenario_133_what_is_no_contest(world: World, changes: dict[str, Any], code: Code | None) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST | changes) is code


def test_scenario_133_no_contest_on_a_remix_and_none_without_end(world: World) -> None:
    remix = {"tracks": [{"parent_track_id": T3}]}
    world.put(TrackRow(track_id=2000009, owner_id=U1, title="Remix", remix_of=remix, **STAMPED))
    assert world.send(U1, "Event/Create", E1, {**CONTEST, "entity_id": 2000009}) is Code.TRACK_IS_REMIX
    endless = {key: value for key, value in CONTEST.items() if key != "end_date"}
    assert world.send(U1, "Event/Create", E1, endless) is Code.END_DATE_INVALID
    assert world.send(U1, "Event/Create", E1, {**endless, "event_type": "live_event"}) is Code.END_DATE_INVALID


def test_events_are_signed_and_told_of(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST, by=W2) is Code.SIGNER_UNAUTHORIZED
    assert world.send(U1, "Event/Create", E1) is Code.METADATA_MISSING
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    assert world.send(U1, "Event/Update", E1) is Code.METADATA_MISSING
    assert world.send(U1, "Event/Delete", E1, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_scenario_134_a_contest_ends_later_if_anything(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    sooner, later = ends(B + timedelta(days=6)), ends(B + timedelta(days=8))
    assert world.send(U1, "Event/Update", E1, {"end_date": sooner}) is Code.END_DATE_EARLIER
    assert world.send(U1, "Event/Update", E1, {"end_date": "soon"}) is Code.END_DATE_INVALID
    assert world.send(U2, "Event/Update", E1, {"end_date": later}) is Code.NOT_OWNER
    assert world.send(U1, "Event/Update", E1, {"end_date": ends(B + WEEK)}) is None
    assert world.send(U1, "Event/Update", E1, {"end_date": later}) is None
    assert world.send(U1, "Event/Update", E1, {"end_date": ""}) is None
    assert world.the(EventRow, E1).end_date == B + timedelta(days=8)
    assert world.send(U1, "Event/Update", E1 + 1, {"end_date": later}) is Code.NOT_FOUND


def test_other_events_end_sooner_but_not_before_now(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, {**CONTEST, "event_type": "live_event"}) is None
    assert world.send(U1, "Event/Update", E1, {"end_date": ends(B)}) is None
    assert world.send(U1, "Event/Update", E1, {"end_date": ends(B - WEEK)}) is Code.END_DATE_PAST


def test_scenario_135_what_is_told_is_replaced_as_a_whole(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    world.next_block()
    assert world.send(U1, "Event/Update", E1, {"event_data": {"winners": [2000011]}}) is None
    event = world.the(EventRow, E1)
    assert (event.event_data, event.end_date, event.blocknumber) == ({"winners": [2000011]}, B + WEEK, 11)
    assert (event.created_at, event.updated_at) == (B, B + timedelta(seconds=60))
    assert world.send(U1, "Event/Update", E1, {"event_data": "all"}) is None
    assert world.the(EventRow, E1).event_data == {"winners": [2000011]}
    assert world.send(U1, "Event/Update", E1, {"event_data": None}) is None
    assert world.the(EventRow, E1).event_data is None


def test_an_event_is_called_off_once_by_its_host(world: World) -> None:
    assert world.send(U1, "Event/Create", E1, CONTEST) is None
    assert world.send(U2, "Event/Delete", E1) is Code.NOT_OWNER
    assert world.send(U1, "Event/Delete", E1) is None
    assert world.the(EventRow, E1).is_deleted
    assert world.send(U1, "Event/Delete", E1) is Code.DELETED
    assert world.send(U1, "Event/Update", E1, {"end_date": ends(B + WEEK)}) is Code.DELETED
    assert world.send(U1, "Event/Delete", E1 + 1) is Code.NOT_FOUND
