"""Scenarios 25 and 60 to 91: tracks, their downloads and their collaborators.

Not here: counts and notifications (triggers), mutes of comments, the job that releases what is scheduled.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from conformance.world import STAMP, STAMPED, T1, U1, U2, U3, W1, W4, W5, B, World, fixture_world
from worst import act

from backbeat.index.entities.tracks import columns
from backbeat.index.payload.ids import encode_id
from backbeat.index.reject import Code
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.social import SubscriptionRow
from backbeat.index.rows.tracks import (
    RemixRow,
    StemRow,
    TrackCollaboratorRow,
    TrackDownloadRow,
    TrackPriceRow,
    TrackRouteRow,
    TrackRow,
)
from backbeat.index.rows.users import UserRow

WIRE_ACTS = {
    "Track/Create": act.Act(act.OWNER, act.NEW["Track"], {"title": "Song", "owner_id": act.OWNER}),
    "Track/Update": act.Act(act.OWNER, act.TRACK, {"mood": "Cool"}),
    "Track/Delete": act.Act(act.OWNER, act.NEW["Track"], before=("Track/Create",)),
    "Track/Download": act.Act(act.OWNER, act.FOREIGN, {"city": "Porto"}),
    "TrackCollaborator/Approve": act.Act(act.OWNER, act.FOREIGN),
    "TrackCollaborator/Reject": act.Act(act.OWNER, act.FOREIGN),
}
WIRE_KEYS = {
    "Track": [*columns.COLUMNS_ON_CREATE, "release_date", "collaborators", "cover_art", "owner_id"],
    "Track/Download": ["city", "region", "country"],
    "TrackCollaborator": ["unread"],
}

NEW = 2000010
SPLITS = [{"user_id": U1, "percentage": 100}]
PURCHASE = {"usdc_purchase": {"price": 199, "splits": SPLITS}}
GATED: dict[str, Any] = {
    "is_stream_gated": True,
    "stream_conditions": PURCHASE,
    "is_download_gated": True,
    "download_conditions": PURCHASE,
}


def create(world: World, track_id: int = NEW, user: int = U1, **payload: Any) -> Code | None:
    return world.send(user, "Track/Create", track_id, {"title": "New", "owner_id": user, **payload})


def update(world: World, track_id: int = T1, user: int = U1, **payload: Any) -> Code | None:
    return world.send(user, "Track/Update", track_id, payload)


def slugs(world: World, **columns: Any) -> list[tuple[str, str, int]]:
    return [(route.slug, route.title_slug, route.collision_id) for route in world.all(TrackRouteRow, **columns)]


def gate(**changes: Any) -> dict[str, Any]:
    return {**GATED, "stream_conditions": changes, "download_conditions": changes}


def test_scenario_060_create(world: World) -> None:
    assert create(world, title="Café (Live) #1!", genre="rap", duration=100) is None
    track = world.the(TrackRow, NEW)
    assert slugs(world, track_id=NEW) == [("café-live-1", "café-live-1", 0)]
    assert (track.route_id, track.genre, track.duration) == ("alice/café-live-1", "Hip-Hop/Rap", 100)
    assert (track.release_date, track.created_at, track.updated_at, track.blocknumber) == (B, B, B, 10)
    assert track.track_segments == []
    assert track.field_visibility == dict.fromkeys(("mood", "tags", "genre", "share", "play_count", "remixes"), True)
    assert (track.is_current, track.is_delete, track.is_available, track.is_unlisted) == (True, False, True, False)
    [route] = world.all(TrackRouteRow, track_id=NEW)
    assert (route.owner_id, route.is_current, route.blockhash, route.blocknumber) == (U1, True, "bb500", 10)


@pytest.mark.parametrize(
    ("track_id", "payload", "code"),
    [
        (1999999, {}, Code.ID_BELOW_OFFSET),
        (NEW, {"owner_id": 3000002}, Code.OWNER_MISMATCH),
        (NEW, {"owner_id": "3000001"}, Code.OWNER_MISMATCH),
        (NEW, {"title": None}, Code.TITLE_MISSING),
        (NEW, {"title": ""}, Code.TITLE_MISSING),
        (NEW, {"title": 5}, Code.TITLE_MISSING),
        (NEW, {"description": "d" * 2501}, Code.DESCRIPTION_TOO_LONG),
        (NEW, {"duration": 2**31}, Code.VALUE_OUT_OF_RANGE),
        (NEW, {"track_cid": "c" * 3000}, Code.VALUE_OUT_OF_RANGE),
        (NEW, {"stem_of": {"parent_track_id": 2**31}}, Code.ID_OUT_OF_RANGE),
        (2**31, {}, Code.ID_OUT_OF_RANGE),
        (-1, {}, Code.ID_OUT_OF_RANGE),
    ],
)
def test_scenario_061_what_cannot_be_a_track(world: World, track_id: int, payload: dict[str, Any], code: Code) -> None:
    assert create(world, track_id, **payload) is code
    assert len(world.all(TrackRow)) == 3


@pytest.mark.parametrize("is_delete", [False, True])
def test_scenario_062_an_id_is_used_once(world: World, is_delete: bool) -> None:
    world.put(world.the(TrackRow, T1).but(is_delete=is_delete))
    assert create(world, T1) is Code.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        pytest.param(
            ["Track", "Track 1", "Track", "Track", "Track 1"],
            [
                ("track", "track", 0),
                ("track-1", "track-1", 0),
                ("track-2", "track", 2),
                ("track-3", "track", 3),
                ("track-1-1", "track-1", 1),
            ],
            id="S63",
        ),
        pytest.param(
            ["Track", "Track", "Track 1"],
            [("track", "track", 0), ("track-1", "track", 1), ("track-1-1", "track-1", 1)],
            id="S64",
        ),
        pytest.param(
            [*(f"Track {n}" for n in range(1, 21)), "Track", "Track"],
            [
                *((f"track-{n}", f"track-{n}", 0) for n in range(1, 21)),
                ("track", "track", 0),
                ("track-21", "track", 21),
            ],
            id="a long run of taken slugs",
        ),
    ],
)
def test_scenario_063_064_collisions(world: World, titles: list[str], expected: list[tuple[str, str, int]]) -> None:
    world.put(UserRow(user_id=3000004, wallet=W4, **STAMPED))
    for number, title in enumerate(titles):
        assert create(world, NEW + number, 3000004, title=title) is None
    assert slugs(world, owner_id=3000004) == expected
    assert world.the(TrackRow, NEW).route_id == f"user-3000004/{expected[0][0]}"


def test_scenario_065_a_title_of_signs_only(world: World) -> None:
    assert create(world, title="???") is None
    assert slugs(world, track_id=NEW) == [(encode_id(NEW), encode_id(NEW), 0)]


def test_scenario_066_a_title_that_reads_the_same_in_a_link(world: World) -> None:
    world.put(world.the(TrackRow, T1).but(route_id="alice/old"))
    assert update(world, title="Song A!") is None
    assert (world.the(TrackRow, T1).title, world.the(TrackRow, T1).route_id) == ("Song A!", "alice/song-a")
    assert slugs(world, track_id=T1) == [("song-a", "song-a", 0)]


def test_scenario_067_old_links_keep_their_slugs(world: World) -> None:
    assert update(world, title="Song C") is None
    assert {route.slug: route.is_current for route in world.all(TrackRouteRow, track_id=T1)} == {
        "song-a": False,
        "song-c": True,
    }
    world.next_block()
    assert update(world, title="Song A") is None
    assert {(route.slug, route.collision_id): route.is_current for route in world.all(TrackRouteRow, track_id=T1)} == {
        ("song-a", 0): False,
        ("song-c", 0): False,
        ("song-a-1", 1): True,
    }


def test_scenario_068_only_the_owner(world: World) -> None:
    assert update(world, user=U2, mood="Cool") is Code.NOT_OWNER
    assert update(world, track_id=2999999, mood="Cool") is Code.NOT_FOUND


def test_scenario_069_null_erases_notes_and_no_files(world: World) -> None:
    stored = {"track_cid": "X", "orig_filename": "F", "orig_file_cid": "O", "description": "d", "tags": "t"}
    world.put(world.the(TrackRow, T1).but(**stored))
    assert update(world, track_cid=None, orig_file_cid="", orig_filename=None, description=None, tags=5) is None
    track = world.the(TrackRow, T1)
    assert (track.track_cid, track.orig_filename, track.orig_file_cid) == ("X", "F", "O")
    assert (track.description, track.tags) == (None, "t")


def test_scenario_070_a_stem_stays_one(world: World) -> None:
    assert create(world, stem_of={"parent_track_id": T1, "category": "VOCALS"}) is None
    assert update(world, NEW, stem_of=None) is None
    assert world.the(TrackRow, NEW).stem_of == {"parent_track_id": T1, "category": "VOCALS"}
    assert world.all(StemRow) == [StemRow(parent_track_id=T1, child_track_id=NEW)]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({**GATED, "is_download_gated": False}, id="S71"),
        pytest.param({**GATED, "download_conditions": {"follow_user_id": 1}}, id="S71 other conditions"),
        pytest.param({**GATED, "stream_conditions": None}, id="no conditions"),
        pytest.param(gate(**PURCHASE, follow_user_id=1), id="S73 two keys"),
        pytest.param(gate(usdc_purchase={"price": 199, "splits": []}), id="S73 no splits"),
        pytest.param(gate(usdc_purchase=5), id="a purchase that is none"),
        pytest.param({**GATED, "stem_of": {"parent_track_id": T1}}, id="S73 stem"),
        pytest.param({"is_download_gated": True, "download_conditions": {}}, id="download gate"),
    ],
)
def test_scenario_071_073_gates_that_cannot_be(world: World, payload: dict[str, Any]) -> None:
    assert create(world, **payload) is Code.GATING_INVALID
    assert update(world, **payload) is Code.GATING_INVALID


def test_a_stored_stem_cannot_be_gated(world: World) -> None:
    world.put(world.the(TrackRow, T1).but(stem_of={"parent_track_id": 5}))
    assert update(world, **GATED) is Code.GATING_INVALID


def test_conditions_without_a_gate_are_stored_unread(world: World) -> None:
    assert create(world, stream_conditions={"a": 1, "b": 2}) is None
    assert world.the(TrackRow, NEW).stream_conditions == {"a": 1, "b": 2}


def test_scenario_072_a_price(world: World) -> None:
    assert create(world, **GATED) is None
    assert world.all(TrackPriceRow) == [
        TrackPriceRow(
            track_id=NEW,
            splits=SPLITS,
            total_price_cents=199,
            access="stream",
            block_timestamp=B,
            created_at=B,
            blocknumber=10,
        )
    ]


def test_a_download_price(world: World) -> None:
    assert create(world, is_download_gated=True, download_conditions=PURCHASE) is None
    assert [row.access for row in world.all(TrackPriceRow)] == ["download"]


@pytest.mark.parametrize("price", ["199", 1.5, None, True, -1, 2**63])
def test_scenario_074_a_price_is_whole_cents(world: World, price: object) -> None:
    assert create(world, **gate(usdc_purchase={"price": price, "splits": SPLITS})) is Code.PRICE_INVALID
    assert world.get(TrackRow, NEW) is None


def test_scenario_075_splits_of_old_clients_go_to_the_owner(world: World) -> None:
    assert create(world, **gate(usdc_purchase={"price": 199, "splits": {"6ddo_j": 1990000}})) is None
    splits = [{"user_id": U1, "percentage": 100.0}]
    track, [price] = world.the(TrackRow, NEW), world.all(TrackPriceRow)
    assert track.stream_conditions == track.download_conditions == {"usdc_purchase": {"price": 199, "splits": splits}}
    assert price.splits == splits


def test_scenario_076_only_a_new_price_is_history(world: World) -> None:
    assert create(world, **GATED) is None
    world.next_block()
    assert update(world, NEW, **GATED) is None
    assert len(world.all(TrackPriceRow)) == 1
    dearer = {"price": 299, "splits": SPLITS}
    assert update(world, NEW, **gate(usdc_purchase=dearer)) is None
    assert update(world, NEW, **gate(usdc_purchase={**dearer, "price": 399})) is None  # one line per block
    assert [row.total_price_cents for row in world.all(TrackPriceRow)] == [199, 299]


def test_scenario_077_remixes(world: World) -> None:
    parents: dict[str, Any] = {
        "tracks": [{"parent_track_id": T1}, {"parent_track_id": 2000002}, {"parent_track_id": "x"}, 5]
    }
    assert create(world, 2000011, U2, remix_of=parents) is None
    assert {row.parent_track_id for row in world.all(RemixRow, child_track_id=2000011)} == {T1, 2000002}


def test_scenario_078_remixes_change_when_the_key_is_there(world: World) -> None:
    assert create(world, 2000011, U2, remix_of={"tracks": [{"parent_track_id": T1}]}) is None
    assert update(world, 2000011, U2, description="x") is None
    assert len(world.all(RemixRow)) == 1
    assert update(world, 2000011, U2, remix_of=None) is None
    assert world.all(RemixRow) == []
    assert world.the(TrackRow, 2000011).remix_of is None
    assert update(world, 2000011, U2, remix_of={"tracks": [{"parent_track_id": T1}, {"parent_track_id": T1}]}) is None
    assert len(world.all(RemixRow)) == 1


def test_scenario_079_a_deleted_stem_is_no_stem(world: World) -> None:
    assert create(world, 2000012, stem_of={"parent_track_id": T1, "category": "VOCALS"}) is None
    assert world.send(U1, "Track/Delete", 2000012) is None
    assert world.all(StemRow) == []
    assert (world.the(TrackRow, 2000012).stem_of, world.the(TrackRow, 2000012).is_delete) == (None, True)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2025-03-14T16:00:00.000Z", datetime(2025, 3, 14, 16)),  # noqa: DTZ001 - columns are naive UTC
        ("2025-03-14", datetime(2025, 3, 14)),  # noqa: DTZ001 - as above
        ("soon", B),
        (5, B),
    ],
)
def test_scenario_080_release_dates(world: World, date: object, expected: datetime) -> None:
    assert create(world, release_date=date) is None
    assert world.the(TrackRow, NEW).release_date == expected


@pytest.mark.parametrize(("days", "is_unlisted"), [(1, True), (-1, False)])
def test_scenario_081_a_scheduled_release_is_hidden_until_then(world: World, days: int, is_unlisted: bool) -> None:
    date = (B + timedelta(days=days)).isoformat()
    assert create(world, is_scheduled_release=True, release_date=date, is_unlisted=not is_unlisted) is None
    assert world.the(TrackRow, NEW).is_unlisted is is_unlisted


def test_scenario_082_publishing_releases_now(world: World) -> None:
    world.put(world.the(TrackRow, T1).but(is_unlisted=True, is_scheduled_release=True, release_date=None))
    assert update(world, is_unlisted=False, release_date="2030-01-01", is_scheduled_release=True) is None
    track = world.the(TrackRow, T1)
    assert (track.is_unlisted, track.is_scheduled_release, track.release_date) == (False, False, B)


@pytest.mark.parametrize(("is_unlisted", "days", "moves"), [(False, 1, False), (False, -1, True), (True, 1, True)])
def test_scenario_083_what_is_out_cannot_be_postponed(world: World, is_unlisted: bool, days: int, moves: bool) -> None:
    before, date = B - timedelta(days=9), B + timedelta(days=days)
    world.put(world.the(TrackRow, T1).but(is_unlisted=is_unlisted, release_date=before))
    assert update(world, release_date=date.isoformat()) is None
    assert world.the(TrackRow, T1).release_date == (date if moves else before)


@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("said", [{}, {"is_scheduled_release": True, "release_date": "2030-01-01"}])
def test_what_is_hidden_after_it_came_out_is_scheduled_no_more(world: World, days: int, said: dict[str, Any]) -> None:
    """Whether or not the job that releases has been there yet (derived state, R2)."""
    date = B + timedelta(days=days)
    world.put(world.the(TrackRow, T1).but(is_unlisted=True, is_scheduled_release=True, release_date=date))
    assert update(world, is_unlisted=True, **said) is None
    track = world.the(TrackRow, T1)
    moved = datetime(2030, 1, 1) if said and days >= 0 else date  # noqa: DTZ001 - naive UTC, as the column
    assert (track.is_unlisted, track.is_scheduled_release, track.release_date) == (True, days >= 0, moved)


def test_what_came_out_by_itself_is_not_published_once_more(world: World) -> None:
    date = B - timedelta(days=1)
    world.put(world.the(TrackRow, T1).but(is_unlisted=True, is_scheduled_release=True, release_date=date))
    assert update(world, is_unlisted=False) is None
    track = world.the(TrackRow, T1)
    assert (track.is_unlisted, track.is_scheduled_release, track.release_date) == (False, True, date)


def test_scenario_084_a_distributor_keeps_its_tracks(world: World) -> None:
    world.put(
        world.the(TrackRow, T1).but(ddex_app=W5.upper()),
        DeveloperAppRow(address=W5, user_id=U2, name="App", **STAMPED),
        GrantRow(grantee_address=W5, user_id=U1, **STAMPED),
    )
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W1) is Code.DDEX_SIGNER
    assert world.send(U1, "Track/Delete", T1, by=W1) is Code.DDEX_SIGNER
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool", "ddex_app": W1}, by=W5) is None
    assert world.the(TrackRow, T1).ddex_app == W5.upper()


@pytest.mark.parametrize(("agrees", "code"), [(False, Code.AI_ATTRIBUTION_DENIED), (True, None)])
def test_scenario_085_nobody_is_imitated_unasked(world: World, agrees: bool, code: Code | None) -> None:
    world.put(world.the(UserRow, U2).but(allow_ai_attribution=agrees))
    assert create(world, ai_attribution_user_id=U2) is code
    assert update(world, ai_attribution_user_id=U2) is code


def test_an_attribution_of_old_is_not_asked_for_again(world: World) -> None:
    world.put(world.the(TrackRow, T1).but(ai_attribution_user_id=U2))
    assert update(world, ai_attribution_user_id=U2) is None
    assert update(world, ai_attribution_user_id=None) is None
    assert world.the(TrackRow, T1).ai_attribution_user_id is None


@pytest.mark.parametrize(
    ("key", "sent", "stored"),
    [
        pytest.param("territory_codes", ["US", "gb"], None, id="S86"),
        ("territory_codes", ["US", "GB"], ("US", "GB")),
        ("territory_codes", [], None),
        ("territory_codes", ["US\n"], None),
        pytest.param("allowed_api_keys", ["0xAB", 5], ("0xab",), id="S87"),
        ("access_authorities", [" a ", None], ("a",)),
        ("parental_warning", "explicit", "explicit"),
        ("parental_warning", "rude", None),
        ("musical_key", "B flat minor", "B flat minor"),
        ("musical_key", "H minor", None),
        pytest.param("genre", "hard  techno", "Hard Techno", id="S88 unknown"),
        pytest.param("genre", "LO FI", "Lo-Fi", id="S88 variant"),
        ("genre", "  ", None),
        ("ddex_app", "", None),
        ("ddex_release_ids", {}, None),
        ("ddex_release_ids", {"grid": "g"}, {"grid": "g"}),
        ("artists", [{"name": "n"}], [{"name": "n"}]),
        ("artists", ["n"], None),
        ("is_original_available", True, True),
        ("preview_start_seconds", 1.5, 1.5),
        ("audio_analysis_error_count", 2.9, 2),
        ("duration", -5, 0),
        ("is_downloadable", 1, False),
    ],
)
def test_scenario_086_087_088_columns(world: World, key: str, sent: Any, stored: object) -> None:
    assert create(world, **{key: sent}) is None
    assert getattr(world.the(TrackRow, NEW), key) == stored


def test_scenario_088_a_genre_has_an_end(world: World) -> None:
    assert create(world, genre="g" * 101) is Code.GENRE_TOO_LONG
    assert update(world, genre="g" * 101) is Code.GENRE_TOO_LONG
    assert create(world, genre="g" * 100) is None


def test_cover_art_is_kept_in_one_column(world: World) -> None:
    assert create(world, cover_art="01J", cover_art_sizes="") is None
    assert (world.the(TrackRow, NEW).cover_art, world.the(TrackRow, NEW).cover_art_sizes) == (None, "01J")


def test_scenario_089_delete(world: World) -> None:
    assert world.send(U2, "Track/Delete", T1) is Code.NOT_OWNER
    assert world.send(U1, "Track/Delete", T1) is None
    assert world.send(U1, "Track/Delete", T1) is Code.DELETED
    assert update(world, mood="Cool") is Code.DELETED
    assert slugs(world, track_id=T1) == [("song-a", "song-a", 0)]
    assert (world.the(TrackRow, T1).is_delete, world.the(TrackRow, T1).updated_at) == (True, B)


def test_scenario_090_collaborators(world: World) -> None:
    assert create(world, 2000013, collaborators=[U1, U2, {"user_id": U2}, "x", 0, True]) is None
    [asked] = world.all(TrackCollaboratorRow)
    assert asked == TrackCollaboratorRow(
        track_id=2000013,
        collaborator_user_id=U2,
        invited_by=U1,
        created_at=B,
        updated_at=B,
        txhash=asked.txhash,
        blocknumber=10,
    )
    world.next_block()
    assert world.send(U2, "TrackCollaborator/Approve", 2000013) is None
    assert world.tx is not None
    assert world.all(TrackCollaboratorRow) == [
        asked.but(status="accepted", updated_at=B + timedelta(seconds=60), txhash=world.tx.tx_hash, blocknumber=11)
    ]
    assert update(world, 2000013, collaborators=[U2, U3]) is None
    assert update(world, 2000013, mood="Cool") is None
    assert statuses(world) == {U2: "accepted", U3: "pending"}
    assert world.send(U2, "TrackCollaborator/Reject", 2000013) is None
    assert statuses(world) == {U2: "rejected", U3: "pending"}
    assert update(world, 2000013, collaborators=[]) is None
    assert world.all(TrackCollaboratorRow) == []


def statuses(world: World) -> dict[int, str]:
    return {row.collaborator_user_id: row.status for row in world.all(TrackCollaboratorRow)}


def test_a_collaborator_answers_once_and_may_leave(world: World) -> None:
    assert update(world, collaborators=[U2, U3]) is None
    assert world.send(U2, "TrackCollaborator/Approve", T1) is None
    assert world.send(U2, "TrackCollaborator/Approve", T1) is Code.NOT_PENDING
    assert world.send(U2, "TrackCollaborator/Reject", T1) is None
    assert world.send(U2, "TrackCollaborator/Reject", T1) is Code.NOT_PENDING
    assert world.send(U2, "TrackCollaborator/Approve", T1) is Code.NOT_PENDING
    assert world.send(U3, "TrackCollaborator/Reject", T1) is None
    assert statuses(world) == {U2: "rejected", U3: "rejected"}


def test_who_was_not_asked_has_nothing_to_answer(world: World) -> None:
    assert update(world, collaborators=[U2]) is None
    assert world.send(U1, "TrackCollaborator/Approve", T1) is Code.NOT_PENDING
    assert world.send(U3, "TrackCollaborator/Reject", T1) is Code.NOT_PENDING
    assert world.send(U2, "TrackCollaborator/Approve", NEW) is Code.NOT_PENDING
    assert world.send(U2, "TrackCollaborator/Approve", T1, by=W1) is Code.SIGNER_UNAUTHORIZED
    assert world.send(3999999, "TrackCollaborator/Approve", T1) is Code.SIGNER_UNKNOWN_USER
    assert statuses(world) == {U2: "pending"}


def test_a_collaborator_of_a_deleted_track_answers(world: World) -> None:
    assert update(world, collaborators=[U2]) is None
    assert world.send(U1, "Track/Delete", T1) is None
    assert world.send(U2, "TrackCollaborator/Approve", T1, "no JSON") is None
    assert world.trips == 0


@pytest.mark.parametrize("metadata", ["", '{"cid":"","data":{}}', "no JSON", '{"data":{"city":7,"country":null}}'])
def test_scenario_025_a_download_from_nowhere(world: World, metadata: str) -> None:
    for _ in range(2):
        assert world.send(U2, "Track/Download", T1, metadata) is None
    assert world.tx is not None
    first, second = world.all(TrackDownloadRow)
    assert second == TrackDownloadRow(
        parent_track_id=T1, track_id=T1, user_id=U2, created_at=B, txhash=world.tx.tx_hash, blocknumber=10
    )
    assert first.but(txhash=second.txhash) == second
    world.next_block()
    assert world.deliver(world.tx) is None
    assert world.all(TrackDownloadRow) == [first, second]


def test_a_download_says_from_where(world: World) -> None:
    place = {"city": "Porto", "region": "", "country": "Portugal"}
    assert world.send(U1, "Track/Download", T1, place) is None  # one's own
    [download] = world.all(TrackDownloadRow)
    assert {name: getattr(download, name) for name in place} == place
    assert world.send(U1, "Track/Download", T1, {"city": "x" * 5_001}) is Code.TEXT_TOO_LONG


def test_scenario_079_a_download_of_a_stem_counts_for_its_parent(world: World) -> None:
    assert create(world, 2000012, stem_of={"parent_track_id": T1, "category": "VOCALS"}) is None
    assert world.send(U2, "Track/Download", 2000012) is None
    assert world.send(U1, "Track/Delete", 2000012) is None
    assert world.send(U2, "Track/Download", 2000012) is None  # deleted, and no stem any more
    assert [row.key()[:2] for row in world.all(TrackDownloadRow)] == [(T1, 2000012), (2000012, 2000012)]


@pytest.mark.parametrize(
    "stem_of", [{}, {"parent_track_id": "7"}, {"parent_track_id": 0}, {"parent_track_id": 2**31}, []]
)
def test_a_stem_of_nothing_stands_for_itself(world: World, stem_of: Any) -> None:
    world.put(world.the(TrackRow, T1).but(stem_of=stem_of))
    assert world.send(U2, "Track/Download", T1) is None
    assert [row.parent_track_id for row in world.all(TrackDownloadRow)] == [T1]


def test_who_may_download_what(world: World) -> None:
    assert world.send(U2, "Track/Download", 2999999) is Code.NOT_FOUND
    assert world.send(U2, "Track/Download", T1, by=W1) is Code.SIGNER_UNAUTHORIZED
    assert world.send(3999999, "Track/Download", T1) is Code.SIGNER_UNKNOWN_USER
    assert world.all(TrackDownloadRow) == []


def test_collaborators_who_answered_keep_their_answer(world: World) -> None:
    accepted = TrackCollaboratorRow(
        track_id=T1, collaborator_user_id=U2, invited_by=U1, status="accepted", txhash="", blocknumber=9,
        created_at=STAMPED["created_at"], updated_at=STAMPED["created_at"],
    )  # fmt: skip
    world.put(accepted)
    assert update(world, collaborators=[U3, U2]) is None
    assert world.the(TrackCollaboratorRow, T1, U2) == accepted


def test_fifty_collaborators_are_kept(world: World) -> None:
    assert create(world, collaborators=list(range(1, 60))) is None
    assert {row.collaborator_user_id for row in world.all(TrackCollaboratorRow)} == set(range(1, 51))


def contest(**columns: Any) -> EventRow:
    given = {"event_id": 900, "event_type": "remix_contest", "user_id": U1, "entity_type": "track", "entity_id": T1}
    return EventRow(**{**given, "end_date": B + timedelta(days=7), **STAMPED, **columns})


def test_scenario_091_who_enters_a_contest_hears_of_it(world: World) -> None:
    world.put(contest())
    remix: dict[str, Any] = {"tracks": [{"parent_track_id": T1}]}
    assert create(world, NEW, U2, remix_of=remix) is None
    assert world.tx is not None
    [subscription] = world.all(SubscriptionRow)
    assert (subscription.subscriber_id, subscription.user_id, subscription.entity_type) == (U2, 900, "Event")
    assert (subscription.entity_id, subscription.txhash) == (900, f"auto_e900_{world.tx.tx_hash}")
    assert create(world, NEW + 1, U2, remix_of=remix) is None
    assert create(world, NEW + 2, U1, remix_of=remix) is None  # the host itself
    assert world.all(SubscriptionRow) == [subscription]


@pytest.mark.parametrize(
    ("given", "payload"),
    [
        (contest(end_date=B), {}),
        (contest(is_deleted=True), {}),
        (contest(event_type="live_event"), {}),
        (contest(entity_type="collection"), {}),
        (contest(), {"stem_of": {"parent_track_id": T1}}),
    ],
)
def test_what_is_no_open_contest(world: World, given: EventRow, payload: dict[str, Any]) -> None:
    world.put(given)
    assert create(world, NEW, U2, remix_of={"tracks": [{"parent_track_id": T1}]}, **payload) is None
    assert world.all(SubscriptionRow) == []


@pytest.mark.parametrize("stem_of", ["x", [], {}, 5, False])
def test_what_is_stored_as_no_stem_enters_a_contest(world: World, stem_of: object) -> None:
    world.put(contest())
    assert create(world, NEW, U2, remix_of={"tracks": [{"parent_track_id": T1}]}, stem_of=stem_of) is None
    assert world.the(TrackRow, NEW).stem_of is None
    assert [row.user_id for row in world.all(SubscriptionRow)] == [900]


def test_a_title_longer_than_an_index_entry_may_be(world: World) -> None:
    for number in range(2):
        assert create(world, NEW + number, title="😀" * 3000) is None
    [first, second] = [slug for slug, _, _ in slugs(world, owner_id=U1)[-2:]]
    assert len(second.encode()) < 2_600
    assert second == f"{first}-1"


def test_ordinary_transactions_need_no_second_trip(world: World) -> None:
    assert create(world, **GATED, remix_of={"tracks": [{"parent_track_id": U2}]}, collaborators=[U2]) is None
    assert world.trips == 0
    assert create(world, NEW + 1, title="Plain") is None
    assert world.trips == 0
    assert update(world, NEW + 1, title="Plain", mood="Cool", **GATED) is None
    assert world.trips == 0
    assert world.send(U1, "Track/Delete", NEW) is None
    assert world.trips == 0


def test_a_route_of_another_track_with_that_slug(world: World) -> None:
    world.put(TrackRouteRow(owner_id=U1, slug="take-5", title_slug="take", collision_id=5, track_id=5, **STAMP))
    assert create(world, title="Take 5") is None
    assert slugs(world, track_id=NEW) == [("take-5-1", "take-5", 1)]


def test_many_tracks_of_one_title_cost_few_trips() -> None:
    world = fixture_world(commits_each=False)
    trips = 0
    for number in range(40):
        assert create(world, NEW + number, title="Same") is None
        trips += world.trips
    assert trips <= 3
