"""Scenarios 92 and 158 to 160: announcements, what was seen, and comments that are heard of no more."""

from datetime import timedelta
from typing import Any

import pytest
from conformance.world import C1, P1, STAMPED, T1, U1, U2, W1, W2, W3, B, V, World
from worst import act

from backbeat.index.payload.bounds import DOCUMENT_WEIGHT_MAX
from backbeat.index.reject import Code
from backbeat.index.rows.notices import (
    SEEN_AT_MOST,
    CommentNotificationSettingRow,
    NotificationRow,
    NotificationSeenRow,
    PlaylistSeenRow,
)
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow

WIRE_ACTS = {
    "Notification/Create": act.Act(act.OWNER, 0, {"title": "News"}),
    "Notification/View": act.Act(act.OWNER, act.OWNER),
    "Notification/ViewPlaylist": act.Act(act.OWNER, act.PLAYLIST),
    "Track/Mute": act.Act(act.OWNER, act.TRACK),
    "Track/Unmute": act.Act(act.OWNER, act.TRACK),
    "Comment/Mute": act.Act(act.OWNER, act.COMMENT),
    "Comment/Unmute": act.Act(act.OWNER, act.COMMENT),
}
WIRE_KEYS = {"Notification": ["title", "short_description", "long_description", "cta_link", "is_push_notification"]}

NOBODY = 3999999
MINUTE = timedelta(minutes=1)


def test_scenario_092_a_track_and_a_comment_are_muted_apart(world: World) -> None:
    assert world.send(U2, "Track/Mute", T1) is None
    assert world.send(U2, "Comment/Mute", C1) is None
    assert [(row.key(), row.is_muted) for row in world.all(CommentNotificationSettingRow)] == [
        ((U2, T1, "Track"), True),
        ((U2, C1, "Comment"), True),
    ]


@pytest.mark.parametrize(("kind", "entity"), [("Track", T1), ("Comment", C1)])
def test_a_setting_is_made_once_and_changed_as_often_as_it_is_sent(world: World, kind: str, entity: int) -> None:
    for action, is_muted in (("Unmute", False), ("Mute", True), ("Mute", True), ("Unmute", False)):
        assert world.send(U2, f"{kind}/{action}", entity, "no JSON") is None
        setting = world.the(CommentNotificationSettingRow, U2, entity, kind)
        assert (setting.is_muted, setting.created_at, setting.updated_at) == (is_muted, B, world.time)
        world.next_block()
    assert len(world.all(CommentNotificationSettingRow)) == 1


def test_whether_there_is_such_a_track_is_not_asked(world: World) -> None:
    world.put(world.the(TrackRow, T1).but(is_delete=True))
    assert world.send(U2, "Track/Mute", T1) is None
    assert world.send(U2, "Track/Mute", 2999999) is None
    assert world.send(U2, "Comment/Unmute", 4999999) is None


def test_scenario_158_seen_twice_at_one_time_is_seen_once(world: World) -> None:
    assert world.send(U1, "Notification/View", U1, "") is None
    [seen] = world.all(NotificationSeenRow)
    assert world.tx is not None
    assert seen == NotificationSeenRow(
        user_id=U1, seen_at=B, txhash=world.tx.tx_hash, blockhash="bb500", blocknumber=10
    )
    assert world.send(U1, "Notification/View", U1, "") is None
    assert world.all(NotificationSeenRow) == [seen]  # and it says still who was first
    world.next_block()
    assert world.send(U1, "Notification/View", -5) is None  # the entity says nothing
    assert {(row.user_id, row.seen_at) for row in world.all(NotificationSeenRow)} == {(U1, B), (U1, B + MINUTE)}


def test_scenario_159_the_last_look_at_a_playlist(world: World) -> None:
    assert world.send(U1, "Notification/ViewPlaylist", P1, "") is None
    world.next_block()
    assert world.send(U1, "Notification/ViewPlaylist", P1, "") is None
    last = world.the(PlaylistSeenRow, U1, P1, B + MINUTE)
    assert (last.is_current, world.the(PlaylistSeenRow, U1, P1, B).is_current) == (True, False)
    assert world.send(U1, "Notification/ViewPlaylist", P1, "") is None
    assert world.the(PlaylistSeenRow, U1, P1, B + MINUTE) == last
    assert world.send(U1, "Notification/ViewPlaylist", 400999) is Code.NOT_FOUND
    assert len(world.all(PlaylistSeenRow)) == 2


def test_each_looks_for_oneself(world: World) -> None:
    assert world.send(U1, "Notification/ViewPlaylist", P1) is None
    world.next_block()
    assert world.send(U2, "Notification/ViewPlaylist", P1) is None
    assert all(row.is_current for row in world.all(PlaylistSeenRow))


def test_what_is_deleted_is_looked_at_too(world: World) -> None:
    world.put(world.the(PlaylistRow, P1).but(is_delete=True, is_private=True))
    assert world.send(U1, "Notification/ViewPlaylist", P1) is None


def test_looks_that_others_left_as_the_last_are_so_no_more(world: World) -> None:
    looks = [PlaylistSeenRow(user_id=U1, playlist_id=P1, seen_at=B - at * MINUTE) for at in range(1, SEEN_AT_MOST + 11)]
    world.put(*looks)
    assert world.send(U1, "Notification/ViewPlaylist", P1) is None
    assert len(world.all(PlaylistSeenRow, is_current=True)) == 11
    world.next_block()
    assert world.send(U1, "Notification/ViewPlaylist", P1) is None
    assert len(world.all(PlaylistSeenRow, is_current=True)) <= 11


def test_scenario_160_an_announcement(world: World) -> None:
    assert world.send(U1, "Notification/Create", 0, '{"title":"t"}', by=W1) is Code.VERIFIER_MISMATCH
    assert world.send(U1, "Notification/Create", 0, '{"title":"t"}', by=V) is None
    announced = NotificationRow(
        group_id="announcement:blocknumber:10", specifier="", type="announcement", timestamp=B,
        data={"title": "t"}, user_ids=(), blocknumber=10,
    )  # fmt: skip
    assert world.all(NotificationRow) == [announced]
    assert world.send(U1, "Notification/Create", 0, '{"title":"u"}', by=V) is None
    assert world.all(NotificationRow) == [announced]  # the first of its block
    world.next_block()
    assert world.send(NOBODY, "Notification/Create", 0, {"title": "v"}, by=V) is None
    assert [row.data for row in world.all(NotificationRow)] == [{"title": "t"}, {"title": "v"}]


@pytest.mark.parametrize("metadata", ["", "no JSON", "[1]", '"title"', None])
def test_an_announcement_says_something(world: World, metadata: str | None) -> None:
    assert world.send(U1, "Notification/Create", 0, metadata, by=V) is Code.METADATA_MISSING


def test_an_announcement_is_made_in_a_name_that_can_be_one(world: World) -> None:
    assert world.send(-1, "Notification/Create", 0, {"title": "t"}, by=V) is Code.ID_OUT_OF_RANGE


def test_an_announcement_has_an_end(world: World) -> None:
    long = {"title": "x" * DOCUMENT_WEIGHT_MAX}
    assert world.send(U1, "Notification/Create", 0, long, by=V) is Code.DOCUMENT_TOO_LARGE


SIGNED: list[Any] = [
    ("Notification/View", U1),
    ("Notification/ViewPlaylist", P1),
    ("Track/Mute", T1),
    ("Track/Unmute", T1),
    ("Comment/Mute", C1),
    ("Comment/Unmute", C1),
]


@pytest.mark.parametrize(("pair", "entity"), SIGNED)
def test_nobody_sees_or_mutes_for_another(world: World, pair: str, entity: int) -> None:
    world.put(world.the(UserRow, U2).but(is_deactivated=True))
    assert world.send(U2, pair, entity, by=W3) is Code.SIGNER_UNAUTHORIZED
    assert world.send(NOBODY, pair, entity) is Code.SIGNER_UNKNOWN_USER
    assert world.send(2**31, pair, entity) is Code.ID_OUT_OF_RANGE
    assert world.send(U2, pair, entity, by=W2) is None  # a deactivated user signs for itself
    assert world.trips == 0


def test_a_setting_of_before_keeps_its_age(world: World) -> None:
    dates = {name: STAMPED[name] for name in ("created_at", "updated_at")}
    world.put(CommentNotificationSettingRow(user_id=U2, entity_id=T1, entity_type="Track", is_muted=None, **dates))
    assert world.send(U2, "Track/Mute", T1) is None
    setting = world.the(CommentNotificationSettingRow, U2, T1, "Track")
    assert (setting.is_muted, setting.created_at, setting.updated_at) == (True, STAMPED["created_at"], B)
