"""What a genesis migration carries over: an earlier chain's rows as they were, held to fewer rules (domain 8.4)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from conformance.world import P1, STAMPED, T1, T3, U1, U2, U3, W1, W2, W3, W4, B, World

from backbeat.chain.decode import decode_block, decode_signed
from backbeat.chain.model import Kind, Transaction
from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.index.applied import NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.entities import MIGRATIONS
from backbeat.index.reject import Code
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.comments import CommentRow
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.playlists import PlaylistRouteRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.rows.plays import ToldPlaysRow
from backbeat.index.rows.social import FollowRow, RepostRow, SaveRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRouteRow, TrackRow
from backbeat.index.rows.users import PayoutWalletRow, UserRow
from backbeat.index.rows.wallets import AssociatedWalletRow, DashboardWalletRow
from backbeat.index.wire.migration import created_at
from backbeat.index.wire.transaction import EntityRules
from builders.chain import WALLETS, carried, entity, in_case, make_block

THEN = datetime(2019, 4, 5, 6, 7, 8)  # noqa: DTZ001 - block times are naive UTC
CREATED: dict[str, Any] = {"created_at": "2019-04-05T06:07:08Z"}
CASE = 1012
AUTHORITY = WALLETS[9].address.lower()
RULES = EntityRules(migration_authority=AUTHORITY, migration_blocks=10)


def carry(world: World, user_id: int, pair: str, entity_id: int = 0, payload: Any = None, **given: Any) -> Code | None:
    return world.send(user_id, pair, entity_id, CREATED | (payload or {}), is_migrated=True, **given)


def carry_flat(world: World, user_id: int, pair: str, entity_id: int, payload: Any = None) -> Code | None:
    return world.send(user_id, pair, entity_id, json.dumps(CREATED | (payload or {})), is_migrated=True)


def test_a_user_is_made_as_it_was(world: World) -> None:
    payload = {
        "handle": "ALICE",
        "name": "n" * 99,
        "bio": "b" * 999,
        "is_verified": True,
        "is_deactivated": True,
        "is_available": False,
        "playlist_library": {"contents": []},
        "artist_pick_track_id": T3,
        "spl_usdc_payout_wallet": "any",
    }
    assert carry(world, 7, "User/Create", 7, payload, by=W1) is None
    user = world.the(UserRow, 7)
    assert (user.wallet, user.handle, user.handle_lc) == (W1, "ALICE", "alice")
    assert (user.is_verified, user.is_deactivated, user.is_available) == (True, True, False)
    assert (user.playlist_library, user.artist_pick_track_id) == ({"contents": []}, T3)
    assert (user.created_at, user.updated_at, user.blocknumber) == (THEN, THEN, world.number)
    assert [row.block_timestamp for row in world.all(PayoutWalletRow, user_id=7)] == [THEN]
    assert carry(world, 7, "User/Create", 7, payload, by=W1) is Code.ALREADY_EXISTS


def test_a_track_is_made_as_it_was_under_the_link_that_it_had(world: World) -> None:
    payload = {"owner_id": U1, "title": "Song A", "genre": "g" * 101, "description": "d" * 2_000, "is_delete": True}
    link = {"route_slug": "k2rX2M3", "route_title_slug": "untitled", "route_collision_id": 4}
    assert carry(world, U1, "Track/Create", 5, payload | link) is None
    track = world.the(TrackRow, 5)
    assert (track.is_delete, track.created_at, track.title) == (True, THEN, "Song A")
    route = world.the(TrackRouteRow, U1, "k2rX2M3")
    assert (route.track_id, route.title_slug, route.collision_id) == (5, "untitled", 4)
    assert carry(world, U1, "Track/Create", 6, payload | link) is None
    assert [row.slug for row in world.all(TrackRouteRow, track_id=6)] == ["song-a-1"], "that link is taken"
    assert carry(world, U1, "Track/Create", 7, {"owner_id": U1}) is None
    assert world.all(TrackRouteRow, track_id=7) == [], "neither a link nor a title"
    assert carry(world, U1, "Track/Create", 5, payload) is Code.ALREADY_EXISTS
    assert carry(world, U1, "Track/Create", 8, payload | {"owner_id": U2}) is Code.OWNER_MISMATCH
    assert carry(world, U1, "Track/Create", 8, payload, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_a_playlist_is_made_with_what_it_held_once(world: World) -> None:
    removed = [
        {"track_id": T3, "created_at": "2019-01-01T00:00:00Z", "updated_at": "2019-02-01T00:00:00Z"},
        {"track_id": T1, "created_at": "2019-01-01T00:00:00Z"},
        {"track_id": T3},
        {"track_id": None},
        "?",
    ]
    payload = {
        "playlist_name": "Old",
        "is_album": True,
        "is_delete": True,
        "playlist_contents": [{"track_id": T3, "timestamp": 5}, {"track_id": T1, "timestamp": 5}],
        "removed_tracks": [*removed, {"track_id": 99, "updated_at": "2019-03-01T00:00:00Z"}],
        "route_slug": "old-7",
    }
    assert carry(world, U1, "Playlist/Create", 7, payload) is None
    playlist = world.the(PlaylistRow, 7)
    assert playlist.is_delete
    assert [entry["track"] for entry in playlist.playlist_contents["track_ids"]] == [T3, T1], "whoever owns them"
    assert {row.track_id: row.is_removed for row in world.all(PlaylistTrackRow)} == {T3: False, T1: False, 99: True}
    gone = world.the(PlaylistTrackRow, 7, 99)
    assert gone.created_at.replace(tzinfo=None) == THEN
    assert gone.updated_at.replace(tzinfo=None) == datetime(2019, 3, 1)  # noqa: DTZ001 - as above
    assert world.the(PlaylistRouteRow, U1, "old-7").playlist_id == 7
    assert carry(world, U1, "Playlist/Create", 7, payload) is Code.ALREADY_EXISTS


def test_comments_and_events_that_are_over_are_carried(world: World) -> None:
    comment = {"entity_id": T1, "entity_type": "Track", "body": "old", "is_delete": True}
    assert carry(world, U2, "Comment/Create", 5, comment) is None
    assert (world.the(CommentRow, 5).is_delete, world.the(CommentRow, 5).created_at) == (True, THEN)
    contest = {"event_type": "remix_contest", "entity_type": "track", "entity_id": T1}
    contest |= {"end_date": "2018-01-01T00:00:00Z", "event_data": {}}
    assert carry(world, U1, "Event/Create", 5, contest | {"end_date": "2040-01-01T00:00:00Z"}) is None
    assert carry(world, U1, "Event/Create", 6, contest) is None, "it ended before it began, beside an open one"
    assert carry(world, U1, "Event/Create", 7, contest | {"is_deleted": True}) is None
    assert [row.is_deleted for row in (world.the(EventRow, id_) for id_ in (5, 6, 7))] == [False, False, True]
    assert carry(world, U2, "Event/Create", 8, contest) is Code.NOT_OWNER
    assert carry_flat(world, U2, "Event/Subscribe", 7) is None, "to one that was called off"


def test_apps_and_grants_are_carried_with_what_became_of_them(world: World) -> None:
    app = {"address": "0xAPP", "name": "N" * 60, "is_delete": True, "is_personal_access": True}
    assert carry_flat(world, U1, "DeveloperApp/Create", 0, app) is None
    stored = world.the(DeveloperAppRow, "0xapp")
    assert (stored.is_delete, stored.is_personal_access, stored.created_at) == (True, True, THEN)
    assert carry_flat(world, U1, "DeveloperApp/Create", 0, app) is Code.ALREADY_EXISTS
    for number in range(7):
        assert carry_flat(world, U2, "DeveloperApp/Create", 0, {"address": f"0x{number}", "name": "n"}) is None
    declined = {"grantee_address": "0xAPP", "is_revoked": True, "is_approved": False}
    assert carry_flat(world, U1, "Grant/Create", 0, declined) is None
    grant = world.the(GrantRow, "0xapp", U1)
    assert (grant.is_revoked, grant.is_approved, grant.created_at) == (True, False, THEN)
    assert carry_flat(world, U1, "Grant/Create", 0, declined) is Code.DUPLICATE
    assert carry_flat(world, U2, "Grant/Create", 0, {"grantee_address": "0x1"}) is None
    assert world.the(GrantRow, "0x1", U2).is_approved, "an app's counts as approved"
    assert carry_flat(world, U3, "Grant/Create", 0, {"grantee_address": W2}) is None
    assert world.the(GrantRow, W2, U3).is_approved is None
    assert carry_flat(world, U3, "Grant/Create", 0) is Code.GRANTEE_MISSING
    assert carry_flat(world, U3, "DeveloperApp/Create", 0, {"name": "n"}) is Code.APP_SIGNATURE_INVALID
    assert carry_flat(world, U3, "DeveloperApp/Create", 0, {"address": "0x9"}) is Code.NAME_MISSING


def test_wallets_are_carried_without_a_proof(world: World) -> None:
    sent = {"wallet": "0xAB", "chain": "eth"}
    assert carry(world, U1, "AssociatedWallet/Create", 0, sent) is None
    assert carry(world, U1, "AssociatedWallet/Create", 0, sent) is None
    assert carry(world, U2, "AssociatedWallet/Create", 0, sent | {"is_delete": True}) is None
    found = sorted((row.user_id, row.is_current, row.is_delete) for row in world.all(AssociatedWalletRow))
    assert found == [(U1, True, False), (U2, False, True)]
    assert carry_flat(world, U1, "DashboardWalletUser/Create", 0, {"wallet": W4, "is_delete": True}) is None
    assert world.the(DashboardWalletRow, W4).is_delete
    assert carry_flat(world, U1, "DashboardWalletUser/Create", 0, {"wallet": W4}) is Code.ALREADY_EXISTS


@pytest.mark.parametrize("is_delete", [True, False])
def test_what_people_did_is_carried_with_what_was_taken_back(world: World, is_delete: bool) -> None:
    state = {"is_delete": is_delete}
    for pair, entity_id in (
        ("User/Follow", U2),
        ("User/Subscribe", U3),
        ("Track/Save", T1),
        ("Playlist/Repost", P1),
    ):
        assert carry_flat(world, U1, pair, entity_id, state) is None
        again = carry_flat(world, U1, pair, entity_id, state)
        assert again is (None if is_delete else Code.DUPLICATE)
    rows: list[Any] = [*world.all(FollowRow), *world.all(SaveRow), *world.all(RepostRow), *world.all(SubscriptionRow)]
    assert [(row.is_delete, row.created_at) for row in rows] == [(is_delete, THEN)] * 4
    assert [row.user_id for row in world.all(SubscriptionRow)] == [U3], "a follow carries no subscription"


def test_what_has_no_handler_of_its_own_is_handled_as_ever(world: World) -> None:
    assert carry(world, U1, "Track/Update", T1, {"title": "New"}) is None
    assert (world.the(TrackRow, T1).title, world.the(TrackRow, T1).updated_at) == ("New", THEN)
    assert carry(world, 9, "Track/Update", T1, {"title": "New"}) is Code.SIGNER_UNKNOWN_USER


def test_plays_that_are_only_told_add_up(world: World) -> None:
    assert carry(world, 0, "PlayCount/Reconcile", T1, {"delta": 5}) is None
    assert carry(world, 9, "PlayCount/Reconcile", T1, {"delta": 2.9}) is None
    assert carry(world, 0, "PlayCount/Reconcile", 999, {"delta": -1}) is None, "the track may come later"
    assert {row.track_id: row.plays for row in world.all(ToldPlaysRow)} == {T1: 7, 999: -1}
    wrong: Any
    for wrong in (None, True, "5", [5], {}):
        assert carry(world, 0, "PlayCount/Reconcile", T1, {"delta": wrong}) is Code.METADATA_INVALID
    assert carry(world, 0, "PlayCount/Reconcile", T1) is Code.METADATA_INVALID
    assert carry(world, 0, "PlayCount/Reconcile", T1, {"delta": 2**31 - 1}) is Code.VALUE_OUT_OF_RANGE
    assert carry(world, 0, "PlayCount/Reconcile", -1, {"delta": 1}) is Code.ID_OUT_OF_RANGE
    assert world.send(U1, "PlayCount/Reconcile", T1, {"delta": 1}) is Code.UNSUPPORTED_ENTITY, "no block of today's"
    assert world.the(ToldPlaysRow, T1).plays == 7


def test_an_ordinary_transaction_carries_nothing(world: World) -> None:
    assert world.send(U1, "User/Follow", U2, json.dumps(CREATED | {"is_delete": True})) is None
    follow = world.the(FollowRow, U1, U2)
    assert (follow.is_delete, follow.created_at) == (False, B)
    assert len(world.all(SubscriptionRow)) == 1
    comment = {"entity_id": T1, "entity_type": "Track", "body": "new", "is_delete": True}
    assert world.send(U2, "Comment/Create", 4_000_009, comment) is None
    assert not world.the(CommentRow, 4_000_009).is_delete


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2019-04-05T06:07:08Z", THEN),
        ("2019-04-05 06:07:08.000", THEN),
        ("2019-04-05T08:07:08+02:00", THEN),
        ("1969-12-31T23:59:59Z", B),
        ((B + timedelta(seconds=1)).isoformat(), B),
        ("soon", B),
        (1_554_444_428, B),
        (None, B),
    ],
)
def test_a_time_that_no_row_can_have_says_nothing(sent: Any, expected: datetime) -> None:
    assert created_at({"created_at": sent}, B) == expected
    assert created_at(None, B) == B


def migrating(key: int = 9, signer: str = "", metadata: str = "", case: int = CASE) -> core_pb2.SignedTransaction:
    """Return a user that is carried over, signed by a wallet, naming a signer."""
    return carried(
        entity(key, 7, "User/Create", 7, metadata or json.dumps({"data": CREATED}), signer=signer or W4), case
    )


def decoded(signed: core_pb2.SignedTransaction, case: int = CASE) -> Transaction:
    return decode_signed(signed, Verifier(DEV), migration_case=case)


def test_the_case_is_what_the_setting_says() -> None:
    found = decoded(migrating())
    assert (found.kind, found.entity and found.entity.user_id) == (Kind.MIGRATION, 7)
    assert found.entity is not None
    assert (found.entity.recovered, found.entity.signer) == (AUTHORITY, W4)
    assert found.raw == migrating().SerializeToString()
    for other in (decoded(migrating(), 0), decoded(migrating(), 1013), decoded(migrating(case=1013))):
        assert (other.kind, other.entity) == (Kind.UNKNOWN, None)
    assert decoded(entity(1, 7, "User/Create", 7)).kind is Kind.MANAGE_ENTITY


@pytest.mark.parametrize("inner", [b"\xff\xff", b"\x12\x02\xff\xfe"])
def test_a_migration_that_cannot_be_read_is_unknown(inner: bytes) -> None:
    assert decoded(core_pb2.SignedTransaction.FromString(in_case(CASE, inner))).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("rules", "height", "key", "outcome"),
    [
        (RULES, 10, 9, ("applied", "")),
        (RULES, 11, 9, ("rejected", "migration_refused")),
        (EntityRules(), 1, 9, ("rejected", "migration_refused")),
        (EntityRules(migration_blocks=10), 1, 9, ("rejected", "signer_unauthorized")),
        (RULES, 1, 4, ("rejected", "signer_unauthorized")),
        (EntityRules(migration_blocks=10, verify_signatures=False), 1, 4, ("applied", "")),
    ],
)
def test_it_counts_in_the_first_blocks_and_from_its_authority(
    rules: EntityRules, height: int, key: int, outcome: tuple[str, str]
) -> None:
    """Whoever signs live cannot write the past."""
    block = decode_block(make_block("dev", height, [migrating(key)]), Verifier(DEV), migration_case=CASE)
    batch = Batch([NumberedBlock(block, 1, None, None, has_plays=False)], rules)
    while missing := batch.run():
        batch.state.fill(missing, [])
    [tally] = batch.applied.counts
    assert (tally.kind, tally.pair, str(tally.outcome), tally.reason) == (
        "manage_entity_migration",
        "User/Create",
        *outcome,
    )


def test_every_kind_that_carries_state_has_a_handler_or_asks() -> None:
    assert set(MIGRATIONS) == {
        ("User", "Create"),
        ("Track", "Create"),
        ("Playlist", "Create"),
        ("DeveloperApp", "Create"),
        ("Grant", "Create"),
        ("PlayCount", "Reconcile"),
    }


def test_a_grantee_may_sign_for_its_user(world: World) -> None:
    world.put(GrantRow(grantee_address=W3, user_id=U1, is_approved=True, **STAMPED))
    assert carry(world, U1, "Track/Create", 5, {"owner_id": U1, "title": "x"}, by=W3) is None
