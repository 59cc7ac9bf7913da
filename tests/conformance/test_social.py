"""Scenarios 106 to 112 and 115: follows, saves, reposts.

What triggers make of them (counts, notifications: 113, 116, 117), shares (114) and Subscribe are tested elsewhere.
"""

import pytest
from conformance.world import L1, P1, T1, T3, U1, U2, U3, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.social import FollowRow, RepostRow, SaveRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRow

WIRE_ACTS = {
    "*/Follow": act.Act(act.OWNER, act.OTHER),
    "*/Unfollow": act.Act(act.OWNER, act.OTHER, before=("*/Follow",)),
    "*/Save": act.Act(act.OWNER, act.FOREIGN, {"is_save_of_repost": False}),
    "*/Unsave": act.Act(act.OWNER, act.FOREIGN, before=("*/Save",)),
    "*/Repost": act.Act(act.OWNER, act.FOREIGN, {"is_repost_of_repost": False}),
    "*/Unrepost": act.Act(act.OWNER, act.FOREIGN, before=("*/Repost",)),
}
WIRE_KEYS = {"*": ["type", "is_save_of_repost", "is_repost_of_repost"]}


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
    world.put(
        FollowRow(follower_user_id=U2, followee_user_id=U1, created_at=B),
        SubscriptionRow(subscriber_id=U2, user_id=U1, entity_id=U1, is_delete=True, created_at=B),
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
    world.put(
        SubscriptionRow(subscriber_id=U2, user_id=U1, entity_id=U1, entity_type="Event", created_at=B),
        SubscriptionRow(subscriber_id=U2, user_id=U1, entity_id=U1, created_at=B),
        FollowRow(follower_user_id=U2, followee_user_id=U1, created_at=B),
    )
    assert world.send(U2, "User/Unfollow", U1) is None
    assert world.the(SubscriptionRow, U2, U1, "User").is_delete
    assert not world.the(SubscriptionRow, U2, U1, "Event").is_delete


@pytest.mark.parametrize(("user", "entity"), [(-1, U1), (U2, -1), (U2, 2**31), (2**40, U1)])
@pytest.mark.parametrize("pair", ["User/Follow", "User/Unfollow", "Track/Save", "Playlist/Unrepost", "Track/Delete"])
def test_ids_that_no_column_holds(world: World, pair: str, user: int, entity: int) -> None:
    assert world.send(user, pair, entity) is Code.ID_OUT_OF_RANGE
