"""Scenarios 58, 106 to 112, 114 and 115: follows, subscriptions, mutes, saves, reposts, shares.

What triggers make of them (counts, notifications: 113, 116, 117) is tested elsewhere.
"""

from datetime import timedelta

import pytest
from conformance.world import L1, P1, STAMPED, T1, T3, U1, U2, U3, W2, W3, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.social import FollowRow, MutedUserRow, RepostRow, SaveRow, ShareRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow

WIRE_ACTS = {
    "*/Follow": act.Act(act.OWNER, act.OTHER),
    "*/Unfollow": act.Act(act.OWNER, act.OTHER, before=("*/Follow",)),
    "*/Subscribe": act.Act(act.OWNER, act.OTHER),
    "*/Unsubscribe": act.Act(act.OWNER, act.OTHER, before=("*/Subscribe",)),
    "*/Save": act.Act(act.OWNER, act.FOREIGN, {"is_save_of_repost": False}),
    "*/Unsave": act.Act(act.OWNER, act.FOREIGN, before=("*/Save",)),
    "*/Repost": act.Act(act.OWNER, act.FOREIGN, {"is_repost_of_repost": False}),
    "*/Unrepost": act.Act(act.OWNER, act.FOREIGN, before=("*/Repost",)),
    "*/Share": act.Act(act.OWNER, act.FOREIGN),
    "User/Mute": act.Act(act.OWNER, act.OTHER),
    "User/Unmute": act.Act(act.OWNER, act.OTHER, before=("User/Mute",)),
    "MutedUser/Mute": act.Act(act.OWNER, act.OTHER),
    "MutedUser/Unmute": act.Act(act.OWNER, act.OTHER, before=("MutedUser/Mute",)),
}
WIRE_KEYS = {"*": ["type", "is_save_of_repost", "is_repost_of_repost"], "MutedUser": ["unread"]}

EVENT = EventRow(event_id=900, event_type="live_event", user_id=U1, **STAMPED)
NOBODY = 3999999


def test_scenario_106_one_follow_and_one_subscription_throughout(world: World) -> None:
    steps = [
        ("User/Follow", None, False),
        ("User/Follow", Code.DUPLICATE, False),
        ("User/Unfollow", None, True),
        ("User/Unfollow", Code.NO_ACTIVE_RECORD, True),
        ("User/Follow", None, False),
    ]
    for pair, code, is_delete in steps:
        assert world.send(U2, pair, U1) is code
        assert [follow.is_delete for follow in world.all(FollowRow)] == [is_delete]
        assert [subscription.is_delete for subscription in world.all(SubscriptionRow)] == [is_delete]
    [follow], [subscription] = world.all(FollowRow), world.all(SubscriptionRow)
    assert world.tx is not None
    assert follow.txhash == subscription.txhash == world.tx.tx_hash
    assert follow == FollowRow(
        follower_user_id=U2, followee_user_id=U1, created_at=B, txhash=follow.txhash, blockhash="bb500", blocknumber=10
    )
    assert (subscription.entity_type, subscription.entity_id, subscription.user_id) == ("User", U1, U1)


def test_scenario_107_neither_oneself_nor_nobody(world: World) -> None:
    assert world.send(U1, "User/Follow", U1) is Code.SELF_TARGET
    assert world.send(U2, "User/Follow", 3999999) is Code.NOT_FOUND


def test_scenario_108_unfollowing_unsubscribes_whatever_was_before(world: World) -> None:
    assert world.send(U2, "User/Follow", U1) is None
    assert world.send(U2, "User/Unsubscribe", U1) is None
    assert (world.the(FollowRow, U2, U1).is_delete, world.the(SubscriptionRow, U2, U1, "User").is_delete) == (
        False,
        True,
    )
    assert world.send(U2, "User/Unfollow", U1) is None
    assert world.the(SubscriptionRow, U2, U1, "User").is_delete
    assert world.send(U2, "User/Follow", U1) is None
    assert not world.the(SubscriptionRow, U2, U1, "User").is_delete
    assert len(world.all(SubscriptionRow)) == 1


def test_follow_belongs_to_users(world: World) -> None:
    assert world.send(U2, "Track/Follow", U1) is Code.WRONG_TYPE


def test_scenario_109_saved_unsaved_saved_again(world: World) -> None:
    steps = [
        ("Track/Save", None, False),
        ("Track/Save", Code.DUPLICATE, False),
        ("Track/Unsave", None, True),
        ("Track/Unsave", Code.NO_ACTIVE_RECORD, True),
        ("Track/Save", None, False),
    ]
    for pair, code, is_delete in steps:
        assert world.send(U2, pair, T1, "") is code
        [save] = world.all(SaveRow)
        assert save.is_delete is is_delete
        assert (save.save_type, save.is_current, save.created_at) == ("track", True, B)


@pytest.mark.parametrize(("pair", "item"), [("Track/Save", T1), ("Playlist/Repost", P1)])
def test_scenario_110_not_ones_own(world: World, pair: str, item: int) -> None:
    assert world.send(U1, pair, item) is Code.OWN_CONTENT


@pytest.mark.parametrize("entity_type", ["Playlist", "Album"])
def test_scenario_111_an_album_is_saved_as_a_playlist(world: World, entity_type: str) -> None:
    assert world.send(U2, f"{entity_type}/Save", L1, '{"is_save_of_repost":true}') is None
    [save] = world.all(SaveRow)
    assert (save.save_type, save.save_item_id, save.is_save_of_repost) == ("playlist", L1, True)


def test_scenario_112_a_playlist_is_never_taken_for_a_track(world: World) -> None:
    assert world.send(U2, "Playlist/Save", T1) is Code.NOT_FOUND
    assert world.all(SaveRow) == []


@pytest.mark.parametrize(("item", "kind"), [(T1, "track"), (P1, "playlist")])
def test_a_kind_left_open_is_inferred(world: World, item: int, kind: str) -> None:
    assert world.send(U2, "Thing/Save", item) is None
    [save] = world.all(SaveRow)
    assert save.save_type == kind


def test_a_kind_that_cannot_be_inferred(world: World) -> None:
    assert world.send(U2, "Thing/Save", 5) is Code.UNSUPPORTED_ENTITY


@pytest.mark.parametrize("said", ["Track", "TRACK", "track"])
def test_a_kind_in_the_payload_counts(world: World, said: str) -> None:
    assert world.send(U2, "Thing/Repost", T1, {"type": said, "is_repost_of_repost": True}) is None
    [repost] = world.all(RepostRow)
    assert (repost.repost_type, repost.is_repost_of_repost) == ("track", True)


def test_the_same_id_may_be_saved_as_track_and_as_playlist(world: World) -> None:
    world.put(world.the(PlaylistRow, P1).but(playlist_id=T1))
    assert world.send(U2, "Track/Save", T1) is None
    assert world.send(U2, "Playlist/Save", T1) is None
    assert {save.save_type for save in world.all(SaveRow)} == {"track", "playlist"}


def test_what_is_deleted_may_be_saved(world: World) -> None:
    world.put(world.the(TrackRow, T3).but(is_delete=True))
    assert world.send(U3, "Track/Save", T3) is None
    assert world.send(U3, "Track/Repost", T3) is None


def test_scenario_115_an_event_of_the_same_number_is_another_thing(world: World) -> None:
    world.put(EventRow(event_id=U1, event_type="live_event", user_id=U1, **STAMPED))
    assert world.send(U2, "User/Follow", U1) is None
    assert world.send(U2, "Event/Subscribe", U1) is None
    assert world.send(U2, "User/Subscribe", U1) is Code.DUPLICATE
    assert {row.entity_type for row in world.all(SubscriptionRow, is_delete=False)} == {"User", "Event"}
    assert world.send(U2, "User/Unfollow", U1) is None
    assert world.the(SubscriptionRow, U2, U1, "User").is_delete
    assert not world.the(SubscriptionRow, U2, U1, "Event").is_delete


@pytest.mark.parametrize(("kind", "entity"), [("User", U1), ("Event", 900)])
def test_subscribed_unsubscribed_subscribed_again(world: World, kind: str, entity: int) -> None:
    world.put(EVENT)
    steps = [
        ("Unsubscribe", Code.NO_ACTIVE_RECORD),
        ("Subscribe", None),
        ("Subscribe", Code.DUPLICATE),
        ("Unsubscribe", None),
        ("Unsubscribe", Code.NO_ACTIVE_RECORD),
        ("Subscribe", None),
    ]
    for action, code in steps:
        world.next_block()
        assert world.send(U2, f"{kind}/{action}", entity, "") is code
    assert world.tx is not None
    assert world.all(SubscriptionRow) == [
        SubscriptionRow(
            subscriber_id=U2, user_id=entity, entity_type=kind, entity_id=entity, created_at=B + timedelta(minutes=6),
            txhash=world.tx.tx_hash, blockhash="bb506", blocknumber=16,
        )
    ]  # fmt: skip
    assert world.all(FollowRow) == []


def test_whom_one_cannot_subscribe_to(world: World) -> None:
    world.put(EVENT.but(is_deleted=True), world.the(UserRow, U3).but(is_deactivated=True))
    assert world.send(U1, "User/Subscribe", U1) is Code.SELF_TARGET
    assert world.send(U2, "User/Subscribe", NOBODY) is Code.NOT_FOUND
    assert world.send(U2, "Event/Subscribe", 901) is Code.NOT_FOUND
    assert world.send(U2, "Event/Subscribe", 900) is Code.DELETED
    assert world.send(U2, "Track/Subscribe", T1) is Code.WRONG_TYPE
    assert world.send(U2, "Track/Unsubscribe", T1) is Code.WRONG_TYPE
    assert world.send(U2, "User/Subscribe", U3) is None  # deactivated, but there


def test_a_user_subscribes_to_the_event_of_its_own_number(world: World) -> None:
    world.put(EVENT.but(event_id=U2))
    assert world.send(U2, "Event/Subscribe", U2) is None


def test_an_event_that_was_called_off_is_unsubscribed_from(world: World) -> None:
    world.put(EVENT)
    assert world.send(U2, "Event/Subscribe", 900) is None
    assert world.send(U1, "Event/Delete", 900) is None
    assert world.send(U2, "Event/Unsubscribe", 900) is None


@pytest.mark.parametrize("kind", ["User", "MutedUser"])
def test_scenario_058_muted_and_heard_again(world: World, kind: str) -> None:
    assert world.send(U1, f"{kind}/Mute", U2) is None
    assert world.send(U1, f"{kind}/Mute", U2) is Code.DUPLICATE
    world.next_block()
    assert world.send(U1, f"{kind}/Unmute", U2) is None
    assert world.send(U1, f"{kind}/Unmute", U2) is Code.NO_ACTIVE_RECORD
    assert world.send(U1, f"{kind}/Mute", U1) is Code.SELF_TARGET
    world.next_block()
    assert world.the(MutedUserRow, U2, U1).is_delete
    assert world.send(U1, f"{kind}/Mute", U2) is None
    assert world.tx is not None
    assert world.all(MutedUserRow) == [
        MutedUserRow(
            muted_user_id=U2, user_id=U1, created_at=B, updated_at=B + timedelta(minutes=2),
            txhash=world.tx.tx_hash, blockhash="bb502", blocknumber=12,
        )
    ]  # fmt: skip


def test_who_can_be_muted(world: World) -> None:
    world.put(world.the(UserRow, U3).but(is_deactivated=True))
    assert world.send(U1, "User/Mute", NOBODY) is Code.NOT_FOUND
    assert world.send(U1, "User/Unmute", U2) is Code.NO_ACTIVE_RECORD
    assert world.send(U1, "User/Mute", U3) is None


def test_a_mute_of_which_nothing_is_said_is_active(world: World) -> None:
    world.put(MutedUserRow(muted_user_id=U2, user_id=U1, is_delete=None, **STAMPED))
    assert world.send(U1, "User/Mute", U2) is Code.DUPLICATE
    assert world.send(U1, "User/Unmute", U2) is None


def test_scenario_114_every_share_counts_and_its_repetition_does_not(world: World) -> None:
    assert world.send(U2, "Track/Share", T1, "") is None
    first = world.tx
    assert first is not None
    world.next_block()
    assert world.send(U2, "Track/Share", T1, "") is None
    both = world.all(ShareRow)
    assert [(row.share_type, row.share_item_id, row.created_at) for row in both] == [
        ("track", T1, B),
        ("track", T1, B + timedelta(minutes=1)),
    ]
    world.deliver(first)
    assert world.all(ShareRow) == both


@pytest.mark.parametrize("entity_type", ["Playlist", "Album"])
def test_an_album_is_shared_as_a_playlist(world: World, entity_type: str) -> None:
    assert world.send(U2, f"{entity_type}/Share", L1) is None
    assert [row.share_type for row in world.all(ShareRow)] == ["playlist"]


def test_what_is_not_shared(world: World) -> None:
    world.put(world.the(TrackRow, T3).but(is_delete=True))
    assert world.send(U1, "Track/Share", T1) is Code.OWN_CONTENT
    assert world.send(U2, "Playlist/Share", T1) is Code.NOT_FOUND
    assert world.send(U2, "Thing/Share", 5) is Code.UNSUPPORTED_ENTITY
    assert world.send(U3, "Track/Share", T3) is None  # deleted, but there


@pytest.mark.parametrize(
    ("pair", "entity"),
    [
        *(("User/Subscribe", U1), ("User/Unsubscribe", U1), ("Event/Subscribe", 900), ("Track/Share", T1)),
        *(("User/Mute", U1), ("User/Unmute", U1), ("MutedUser/Mute", U1), ("Playlist/Share", P1)),
    ],
)
def test_nobody_signs_for_another(world: World, pair: str, entity: int) -> None:
    world.put(EVENT, world.the(UserRow, U2).but(is_deactivated=True))
    assert world.send(U2, pair, entity, by=W3) is Code.SIGNER_UNAUTHORIZED
    assert world.send(NOBODY, pair, entity) is Code.SIGNER_UNKNOWN_USER
    if "/Un" not in pair:
        assert world.send(U2, pair, entity, "no JSON", by=W2) is None  # a deactivated user signs for itself


@pytest.mark.parametrize("pair", ["User/Mute", "User/Subscribe", "Event/Subscribe", "Track/Share", "Track/Download"])
def test_one_trip_is_enough(world: World, pair: str) -> None:
    world.put(EVENT)
    entity = {"Event": 900, "Track": T1}.get(pair.split("/", maxsplit=1)[0], U1)
    assert world.send(U2, pair, entity) is None
    assert world.trips == 0


@pytest.mark.parametrize(("user", "entity"), [(-1, U1), (U2, -1), (U2, 2**31), (2**40, U1)])
@pytest.mark.parametrize(
    "pair",
    [
        *("User/Follow", "User/Unfollow", "Track/Save", "Playlist/Unrepost", "Track/Delete", "User/Subscribe"),
        *("Event/Unsubscribe", "Track/Share", "User/Mute", "MutedUser/Unmute", "Track/Download", "Comment/Mute"),
        *("Track/Unmute", "TrackCollaborator/Approve", "Notification/ViewPlaylist"),
    ],
)
def test_ids_that_no_column_holds(world: World, pair: str, user: int, entity: int) -> None:
    assert world.send(user, pair, entity) is Code.ID_OUT_OF_RANGE
