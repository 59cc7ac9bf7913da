"""Scenarios 93 to 104: playlists and albums. Notifications (105) are made by triggers and tested elsewhere."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from conformance.world import B_SECONDS, L1, P1, T1, T3, U1, U2, B, World
from worst import act

from backbeat.index.entities.playlists import columns
from backbeat.index.reject import Code
from backbeat.index.rows.playlists import AlbumPriceRow, PlaylistRouteRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.rows.track_lists import TrackListsRow

WIRE_ACTS = {
    "Playlist/Create": act.Act(act.OWNER, act.NEW["Playlist"], {"playlist_name": "List"}),
    "Playlist/Update": act.Act(act.OWNER, act.PLAYLIST, {"is_private": True}),
    "Playlist/Delete": act.Act(act.OWNER, act.NEW["Playlist"], before=("Playlist/Create",)),
}
WIRE_KEYS = {"Playlist": [*columns.COLUMNS_ON_CREATE, "release_date", "playlist_contents"]}

NEW = 400010
T2 = 2000002
BEST_OF: dict[str, Any] = {
    "playlist_name": "Best Of",
    "playlist_contents": [{"track_id": T1, "timestamp": 0, "metadata_timestamp": 1767000000}],
    "is_private": False,
}


def create(world: World, playlist_id: int = NEW, **payload: Any) -> Code | None:
    return world.send(U1, "Playlist/Create", playlist_id, payload)


def update(world: World, playlist_id: int = NEW, **payload: Any) -> Code | None:
    return world.send(U1, "Playlist/Update", playlist_id, payload)


def tracks(world: World, playlist_id: int = NEW) -> list[int]:
    return [entry["track"] for entry in world.the(PlaylistRow, playlist_id).playlist_contents["track_ids"]]


def routes(world: World) -> dict[str, bool]:
    return {route.slug: route.is_current for route in world.all(PlaylistRouteRow, playlist_id=NEW)}


def test_scenario_093_create(world: World) -> None:
    assert create(world, **BEST_OF) is None
    playlist = world.the(PlaylistRow, NEW)
    assert playlist.playlist_contents == {"track_ids": [{"track": T1, "time": B_SECONDS, "metadata_time": 1767000000}]}
    assert (playlist.last_added_to, playlist.release_date, playlist.created_at) == (B, B, B)
    assert (playlist.playlist_owner_id, playlist.is_album, playlist.is_private, playlist.blocknumber) == (
        U1, False, False, 10,
    )  # fmt: skip
    now = B.replace(tzinfo=UTC)
    assert world.all(PlaylistTrackRow) == [
        PlaylistTrackRow(playlist_id=NEW, track_id=T1, created_at=now, updated_at=now)
    ]
    assert world.the(TrackListsRow, T1).playlists_containing_track == (NEW,)
    assert world.the(TrackListsRow, T1).updated_at == B
    assert routes(world) == {"best-of": True, "best-of-400010": False}


def test_scenario_094_entries_keep_their_time(world: World) -> None:
    assert create(world, **BEST_OF) is None
    world.next_block()
    contents = [
        {"track_id": T2, "metadata_timestamp": 1767323100},
        {"track_id": T1, "metadata_timestamp": 1767000000},
    ]
    assert update(world, playlist_contents=contents) is None
    assert world.the(PlaylistRow, NEW).playlist_contents["track_ids"] == [
        {"track": T2, "time": B_SECONDS + 60, "metadata_time": 1767323100},
        {"track": T1, "time": B_SECONDS, "metadata_time": 1767000000},
    ]
    assert world.the(PlaylistRow, NEW).last_added_to == B + timedelta(seconds=60)


def test_scenario_095_only_additions_are_additions(world: World) -> None:
    contents = [{"track_id": T1, "timestamp": 1}, {"track_id": T2, "timestamp": 2}]
    assert create(world, playlist_name="Best Of", playlist_contents=contents) is None
    world.next_block()
    assert update(world, playlist_contents=contents[::-1]) is None
    assert tracks(world) == [T2, T1]
    assert update(world, playlist_name="Worst Of") is None
    assert world.the(PlaylistRow, NEW).last_added_to == B
    assert routes(world) == {"best-of": False, "best-of-400010": False, "worst-of": True}
    assert update(world, playlist_name="Worst of!") is None
    assert update(world, playlist_name=None) is None
    assert routes(world) == {"best-of": False, "best-of-400010": False, "worst-of": True}
    assert world.the(PlaylistRow, NEW).playlist_name is None


def test_scenario_096_an_empty_list_clears(world: World) -> None:
    assert create(world, **BEST_OF) is None
    world.next_block()
    assert update(world, playlist_contents=[]) is None
    assert world.the(PlaylistRow, NEW).playlist_contents == {"track_ids": []}
    assert world.the(PlaylistRow, NEW).last_added_to == B
    [member] = world.all(PlaylistTrackRow)
    assert (member.is_removed, member.updated_at) == (True, (B + timedelta(seconds=60)).replace(tzinfo=UTC))
    track = world.the(TrackListsRow, T1)
    assert track.playlists_containing_track == ()
    assert track.playlists_previously_containing_track == {str(NEW): {"time": B_SECONDS + 60}}


def test_scenario_097_back_again(world: World) -> None:
    assert create(world, **BEST_OF) is None
    assert update(world, playlist_contents=[]) is None
    world.next_block()
    assert update(world, playlist_contents=BEST_OF["playlist_contents"]) is None
    assert [row.is_removed for row in world.all(PlaylistTrackRow)] == [False]
    assert world.the(TrackListsRow, T1).playlists_containing_track == (NEW,)
    assert world.the(TrackListsRow, T1).playlists_previously_containing_track == {}


def test_absent_or_null_contents_keep_what_is_there(world: World) -> None:
    assert create(world, **BEST_OF) is None
    assert update(world, description="x") is None
    assert update(world, playlist_contents=None) is None
    assert tracks(world) == [T1]


def test_scenario_098_forms_of_entries(world: World) -> None:
    entries = [
        {"track": "P8mWR", "time": 5}, {"track_id": "2000002"}, {}, 7, {"track_id": 2**31}, {"track": None}
    ]  # fmt: skip
    expected = [
        {"track": T1, "time": B_SECONDS, "metadata_time": 5},
        {"track": T2, "time": B_SECONDS, "metadata_time": B_SECONDS},
    ]
    assert create(world, playlist_contents=entries) is None
    assert create(world, NEW + 1, playlist_contents={"track_ids": entries}) is None
    for playlist_id in (NEW, NEW + 1):
        assert world.the(PlaylistRow, playlist_id).playlist_contents["track_ids"] == expected


@pytest.mark.parametrize(("playlist_id", "expected"), [(L1, [T1]), (P1, [T1, T3, 2999999])])
def test_scenario_099_an_album_holds_its_owners_tracks(world: World, playlist_id: int, expected: list[int]) -> None:
    contents = [{"track_id": track_id} for track_id in (T1, T3, 2999999)]
    assert update(world, playlist_id, playlist_contents=contents) is None
    assert tracks(world, playlist_id) == expected
    assert {row.track_id for row in world.all(PlaylistTrackRow)} == set(expected)


def test_scenario_100_a_playlist_has_an_end(world: World) -> None:
    contents = [{"track_id": 1000 + number} for number in range(5001)]
    assert create(world, playlist_contents=contents) is Code.TOO_MANY_TRACKS
    assert update(world, P1, playlist_contents=contents) is Code.TOO_MANY_TRACKS
    assert create(world, playlist_contents=contents[:-1]) is None
    assert world.trips == 0
    assert update(world, playlist_contents=[]) is None
    assert world.trips <= 1  # for all tracks that left together


def test_scenario_101_what_cannot_change(world: World) -> None:
    assert update(world, P1, is_album=True, playlist_owner_id=3000002, ddex_app="0x1", is_delete=True) is None
    playlist = world.the(PlaylistRow, P1)
    assert (playlist.is_album, playlist.playlist_owner_id) == (False, U1)
    assert (playlist.ddex_app, playlist.is_delete) == (None, False)


def test_scenario_102_a_track_twice(world: World) -> None:
    contents = [{"track_id": T1, "timestamp": 1}, {"track_id": T1, "timestamp": 1}]
    assert create(world, playlist_contents=contents) is None
    assert tracks(world) == [T1, T1]
    assert len(world.all(PlaylistTrackRow)) == 1
    assert world.the(TrackListsRow, T1).playlists_containing_track == (NEW,)


def test_scenario_103_only_the_owner_and_once(world: World) -> None:
    assert world.send(U2, "Playlist/Update", P1, {"description": "x"}) is Code.NOT_OWNER
    assert world.send(U1, "Playlist/Delete", P1) is None
    assert world.send(U1, "Playlist/Delete", P1) is Code.DELETED
    assert update(world, P1, description="x") is Code.DELETED
    assert update(world, 400999, description="x") is Code.NOT_FOUND


@pytest.mark.parametrize(
    ("playlist_id", "payload", "code"),
    [
        (399999, {}, Code.ID_BELOW_OFFSET),
        (NEW, {"playlist_contents": "x"}, Code.METADATA_INVALID),
        (NEW, {"playlist_contents": {"track_ids": 5}}, Code.METADATA_INVALID),
        (NEW, {"description": "d" * 2501}, Code.DESCRIPTION_TOO_LONG),
        (NEW, {"is_stream_gated": True, "stream_conditions": {"a": 1, "b": 2}}, Code.GATING_INVALID),
        (
            NEW,
            {"is_stream_gated": True, "stream_conditions": {"usdc_purchase": {"price": "1", "splits": [1]}}},
            Code.PRICE_INVALID,
        ),
        (P1, {}, Code.ALREADY_EXISTS),
    ],
)
def test_scenario_104_what_cannot_be_a_playlist(
    world: World, playlist_id: int, payload: dict[str, Any], code: Code
) -> None:
    assert create(world, playlist_id, **payload) is code


def test_an_album_has_a_price(world: World) -> None:
    purchase = {"usdc_purchase": {"price": 500, "splits": {"old": 1}}}
    assert create(world, is_album=True, is_stream_gated=True, stream_conditions=purchase) is None
    splits = [{"user_id": U1, "percentage": 100.0}]
    [price] = world.all(AlbumPriceRow)
    assert (price.playlist_id, price.total_price_cents, price.splits) == (NEW, 500, splits)
    assert world.the(PlaylistRow, NEW).stream_conditions["usdc_purchase"]["splits"] == splits
    world.next_block()
    assert update(world, is_stream_gated=True, stream_conditions=purchase) is None
    assert world.all(AlbumPriceRow) == [price]


def test_a_name_that_is_taken(world: World) -> None:
    assert create(world, playlist_name="Mix") is None
    assert routes(world) == {"mix-1": True, "mix-400010": False}


def test_no_name_no_route(world: World) -> None:
    assert create(world, playlist_name="") is None
    assert routes(world) == {}
    assert update(world, playlist_name="Named") is None
    assert routes(world) == {"named": True}


@pytest.mark.parametrize(
    ("payload", "image"),
    [
        ({"playlist_image_sizes_multihash": "s"}, "s"),
        ({"playlist_image_sizes_multihash": "s", "playlist_image_multihash": "i"}, "i"),
        ({"playlist_image_sizes_multihash": "s", "playlist_image_multihash": None}, None),
    ],
)
def test_images(world: World, payload: dict[str, Any], image: str | None) -> None:
    assert create(world, **payload) is None
    playlist = world.the(PlaylistRow, NEW)
    assert (playlist.playlist_image_sizes_multihash, playlist.playlist_image_multihash) == ("s", image)


def test_a_scheduled_playlist_is_private_until_then(world: World) -> None:
    date = (B + timedelta(days=1)).isoformat()
    assert create(world, is_scheduled_release=True, release_date=date) is None
    assert world.the(PlaylistRow, NEW).is_private
    assert update(world, is_private=False) is None
    playlist = world.the(PlaylistRow, NEW)
    assert (playlist.is_private, playlist.is_scheduled_release, playlist.release_date) == (False, False, B)


@pytest.mark.parametrize(("is_album", "days"), [(True, -1), (True, 1), (False, -1)])
def test_an_album_is_out_from_its_date_on_and_a_playlist_never(world: World, is_album: bool, days: int) -> None:
    date = B + timedelta(days=days)
    scheduled = {"is_private": True, "is_scheduled_release": True, "release_date": date}
    world.put(world.the(PlaylistRow, P1).but(is_album=is_album, **scheduled))
    assert update(world, P1, is_private=True) is None
    assert world.the(PlaylistRow, P1).is_scheduled_release is not (is_album and days < 0)


@pytest.mark.parametrize(
    "contents", [[], None, {"track_ids": 5}, {"track_ids": [1, {"track": "x"}, {"track": T1, "time": "y"}]}]
)
def test_stored_contents_of_an_adopted_database_may_be_anything(world: World, contents: object) -> None:
    world.put(world.the(PlaylistRow, P1).but(playlist_contents=contents))
    assert update(world, P1, playlist_contents=[{"track": T1, "time": 9}]) is None
    assert tracks(world, P1) == [T1]
