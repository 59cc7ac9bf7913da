"""Scenarios 42 to 57 and 59: users. Mute (58) is not handled yet; what triggers add is tested elsewhere."""

import base64

import msgspec
import pytest
from conformance.world import STAMPED, T1, T3, U1, U3, W1, W4, W5, B, V, World
from worst import act

from backbeat.index.entities.users import columns
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.access import DeveloperAppRow
from backbeat.index.rows.users import PayoutWalletRow, UserEventRow, UserPubkeyRow, UserRow
from backbeat.index.wire.transaction import EntityRules

WIRE_ACTS = {
    "User/Create": act.Act(act.NEW["User"], act.NEW["User"], {"handle": "newcomer"}, key=act.FREE_KEY),
    "User/Update": act.Act(act.OWNER, act.OWNER, {"location": "here"}),
    "User/Verify": act.Act(act.OWNER, act.OWNER, {"is_verified": True}),
}
WIRE_KEYS = {"User": [*columns.COLUMNS, "handle", "events"]}

NEW = 3000009
PUBKEY = b"\x04" + bytes(range(64))
SOLANA = "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
FAN = {"handle": "New.Fan_1", "name": "Fan", "wallet": "0xother", "user_id": 5, "events": {"is_mobile_user": True}}


def test_scenario_042_create(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, FAN, by=W4.upper().replace("X", "x"), pubkey=PUBKEY) is None
    user = world.the(UserRow, NEW)
    assert (user.wallet, user.handle, user.handle_lc, user.name) == (W4, "New.Fan_1", "new.fan_1", "Fan")
    assert (user.created_at, user.updated_at, user.blocknumber, user.blockhash) == (B, B, 10, "bb500")
    assert (user.is_current, user.is_available, user.is_storage_v2) == (True, True, True)
    assert (user.is_verified, user.is_deactivated, user.has_collectibles, user.allow_ai_attribution) == (False,) * 4
    assert base64.b64decode(world.the(UserPubkeyRow, NEW).pubkey_base64) == PUBKEY
    [event] = world.all(UserEventRow, user_id=NEW)
    assert (event.is_mobile_user, event.referrer, event.is_current, event.blocknumber) == (True, None, True, 10)


def test_scenario_043_create_again(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, FAN, by=W4) is None
    assert world.send(NEW, "User/Create", NEW, FAN, by=W4) is Code.ALREADY_EXISTS


def test_scenario_044_an_id_of_the_old_days(world: World) -> None:
    assert world.send(2999999, "User/Create", 2999999, FAN, by=W4) is Code.ID_BELOW_OFFSET


@pytest.mark.parametrize("columns", [{}, {"is_deactivated": True}, {"is_current": False}])
def test_scenario_045_a_wallet_stays_with_its_user(world: World, columns: dict[str, bool]) -> None:
    world.put(UserRow(user_id=3000004, wallet=W5, **columns, **STAMPED))  # type: ignore[arg-type]  # all are flags
    assert world.send(NEW, "User/Create", NEW, FAN, by=W5) is Code.WALLET_IN_USE
    assert world.send(NEW, "User/Create", NEW, FAN, by=W1) is Code.WALLET_IN_USE


def test_two_users_in_a_block_with_one_wallet(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, FAN, by=W4) is None
    assert world.send(NEW + 1, "User/Create", NEW + 1, {"handle": "other"}, by=W4) is Code.WALLET_IN_USE


@pytest.mark.parametrize(("is_delete", "code"), [(False, Code.WALLET_IS_APP), (True, None)])
def test_scenario_046_an_app_is_no_user(world: World, is_delete: bool, code: Code | None) -> None:
    world.put(DeveloperAppRow(address=W5, user_id=U1, name="App", is_delete=is_delete, **STAMPED))
    assert world.send(NEW, "User/Create", NEW, FAN, by=W5) is code


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        ("al ice", Code.HANDLE_ILLEGAL),
        ("ålice", Code.HANDLE_ILLEGAL),
        ("alice\n", Code.HANDLE_ILLEGAL),
        ("a" * 31, Code.HANDLE_TOO_LONG),
        ("a" * 30, None),
        ("Trending", Code.HANDLE_RESERVED),
        ("ALICE", Code.HANDLE_TAKEN),
        ("carol", Code.HANDLE_TAKEN),
        ("a", None),
    ],
)
def test_scenario_047_handles(world: World, handle: str, code: Code | None) -> None:
    assert world.send(NEW, "User/Create", NEW, {"handle": handle}, by=W4) is code


def test_handles_of_users_made_in_this_block_are_taken(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, {"handle": "dave"}, by=W4) is None
    assert world.send(NEW + 1, "User/Create", NEW + 1, {"handle": "Dave"}, by=W5) is Code.HANDLE_TAKEN


def test_scenario_048_guests(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, '{"cid":null,"data":null}', by=W4) is None
    assert world.send(NEW + 1, "User/Create", NEW + 1, "", by=W5) is None
    for guest in (NEW, NEW + 1):
        assert (world.the(UserRow, guest).handle, world.the(UserRow, guest).handle_lc) == (None, None)
    assert world.send(NEW, "User/Update", NEW, {"handle": "guest9", "name": "G"}) is None
    user = world.the(UserRow, NEW)
    assert (user.handle, user.handle_lc, user.name) == ("guest9", "guest9", "G")


@pytest.mark.parametrize(
    ("payload", "bio"),
    [
        ({"handle": "alice", "name": "Alice", "bio": ""}, "hello"),
        ({"bio": None}, "hello"),
        ({"bio": 5}, "hello"),
        ({}, "hello"),
        ({"bio": "x"}, "x"),
    ],
)
def test_scenario_049_emptiness_erases_nothing(world: World, payload: dict[str, object], bio: str) -> None:
    world.put(world.the(UserRow, U1).but(bio="hello"))
    assert world.send(U1, "User/Update", U1, payload) is None
    user = world.the(UserRow, U1)
    assert (user.bio, user.handle, user.updated_at, user.blocknumber) == (bio, "alice", B, 10)
    assert user.created_at == STAMPED["created_at"]


def test_an_update_without_payload_is_refused(world: World) -> None:
    assert world.send(U1, "User/Update", U1, "") is Code.METADATA_MISSING


def test_scenario_050_only_new_values_are_judged(world: World) -> None:
    world.put(world.the(UserRow, U1).but(name="n" * 40, bio="b" * 300))
    resent = {"name": "n" * 40, "bio": "b" * 300, "location": "X"}
    assert world.send(U1, "User/Update", U1, resent) is None
    assert world.the(UserRow, U1).location == "X"
    assert world.send(U1, "User/Update", U1, {"name": "m" * 33}) is Code.NAME_TOO_LONG
    assert world.send(U1, "User/Update", U1, {"name": "m" * 32}) is None


def test_scenario_051_handles_change_their_case_and_more(world: World) -> None:
    assert world.send(U3, "User/Update", U3, {"handle": "CAROL"}) is None
    assert (world.the(UserRow, U3).handle, world.the(UserRow, U3).handle_lc) == ("CAROL", "carol")
    assert world.send(U3, "User/Update", U3, {"handle": "Alice"}) is Code.HANDLE_TAKEN
    assert world.send(U3, "User/Update", U3, {"handle": "caroline"}) is None
    assert world.send(U1, "User/Update", U1, {"handle": "carol"}) is None


def test_scenario_052_deactivated_users_still_sign(world: World) -> None:
    for is_deactivated in (True, False):
        assert world.send(U1, "User/Update", U1, {"is_deactivated": is_deactivated}) is None
        assert world.the(UserRow, U1).is_deactivated is is_deactivated


@pytest.mark.parametrize("is_deactivated", [True, False])
def test_a_profile_says_nothing_of_an_account_that_is_taken_down(world: World, is_deactivated: bool) -> None:
    """Clients send back whole profiles, and what they read there is that it was taken down."""
    world.put(world.the(UserRow, U1).but(is_available=False, is_deactivated=True))
    assert world.send(U1, "User/Update", U1, {"is_deactivated": is_deactivated, "location": "X"}) is None
    user = world.the(UserRow, U1)
    assert (user.is_available, user.is_deactivated, user.location) == (False, True, "X")


def test_scenario_053_camel_case_is_ignored(world: World) -> None:
    before = world.the(UserRow, U1)
    assert world.send(U1, "User/Update", U1, {"isDeactivated": True, "playlistLibrary": {}}) is None
    assert world.tx is not None
    assert world.the(UserRow, U1) == before.but(
        updated_at=B, txhash=world.tx.tx_hash, blockhash="bb500", blocknumber=10
    )


@pytest.mark.parametrize(
    ("payload", "code", "picked"),
    [
        ({"artist_pick_track_id": T1}, None, T1),
        ({"artist_pick_track_id": T3}, Code.ARTIST_PICK_INVALID, 7),
        ({"artist_pick_track_id": 2**31 - 1}, Code.ARTIST_PICK_INVALID, 7),
        ({"artist_pick_track_id": 7}, None, 7),
        ({"artist_pick_track_id": 0}, None, None),
        ({"artist_pick_track_id": None}, None, None),
        ({"artist_pick_track_id": "5"}, None, 7),
        ({}, None, 7),
    ],
)
def test_scenario_054_artist_pick(
    world: World, payload: dict[str, object], code: Code | None, picked: int | None
) -> None:
    world.put(world.the(UserRow, U1).but(artist_pick_track_id=7))
    assert world.send(U1, "User/Update", U1, payload) is code
    assert world.the(UserRow, U1).artist_pick_track_id == picked


def test_scenario_055_payout_wallets_have_a_history(world: World) -> None:
    assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": SOLANA}) is None
    world.next_block()
    assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": SOLANA}) is None
    assert world.the(UserRow, U1).spl_usdc_payout_wallet == SOLANA
    [line] = world.all(PayoutWalletRow)
    assert (line.spl_usdc_payout_wallet, line.block_timestamp, line.created_at, line.blocknumber) == (SOLANA, B, B, 10)
    assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": "0OIl"}) is Code.PAYOUT_WALLET_INVALID
    assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": ""}) is None
    assert world.the(UserRow, U1).spl_usdc_payout_wallet == SOLANA
    assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": None}) is None
    assert world.the(UserRow, U1).spl_usdc_payout_wallet is None
    assert [row.spl_usdc_payout_wallet for row in world.all(PayoutWalletRow)] == [SOLANA, None]


def test_one_payout_wallet_per_block_in_the_history(world: World) -> None:
    for wallet in (SOLANA, "1" * 32):
        assert world.send(U1, "User/Update", U1, {"spl_usdc_payout_wallet": wallet}) is None
    assert world.the(UserRow, U1).spl_usdc_payout_wallet == "1" * 32
    assert [row.spl_usdc_payout_wallet for row in world.all(PayoutWalletRow)] == [SOLANA]


def test_a_new_user_may_bring_a_payout_wallet(world: World) -> None:
    assert world.send(NEW, "User/Create", NEW, FAN | {"spl_usdc_payout_wallet": SOLANA}, by=W4) is None
    assert [row.user_id for row in world.all(PayoutWalletRow)] == [NEW]


def test_scenario_056_playlist_library(world: World) -> None:
    library: dict[str, object] = {"contents": []}
    assert world.send(U1, "User/Update", U1, {"playlist_library": library}) is None
    assert world.send(U1, "User/Update", U1, {"playlist_library": None}) is None
    assert world.the(UserRow, U1).playlist_library == library


@pytest.mark.parametrize(
    ("payload", "profile_type"), [({"profile_type": "dj"}, "label"), ({"profile_type": None}, None), ({}, "label")]
)
def test_profile_type(world: World, payload: dict[str, object], profile_type: str | None) -> None:
    assert world.send(U1, "User/Update", U1, {"profile_type": "label"}) is None
    assert world.send(U1, "User/Update", U1, payload) is None
    assert world.the(UserRow, U1).profile_type == profile_type


def test_scenario_059_what_is_known_of_a_user_only_grows(world: World) -> None:
    assert world.send(U1, "User/Update", U1, {"events": {"referrer": 3000002}}) is None
    assert world.send(U1, "User/Update", U1, {"events": {"referrer": 3000003, "is_mobile_user": True}}) is None
    for nothing_new in ({}, {"referrer": U1}, {"referrer": -1}, {"is_mobile_user": False}, {"referrer": 3000003}):
        assert world.send(U1, "User/Update", U1, {"events": nothing_new}) is None
    first, second = sorted(world.all(UserEventRow), key=lambda row: row.is_current)
    assert (first.is_current, first.referrer, first.is_mobile_user) == (False, 3000002, False)
    assert (second.is_current, second.referrer, second.is_mobile_user) == (True, 3000002, True)


def test_scenario_057_verified_for_good(world: World) -> None:
    assert world.send(U1, "User/Verify", U1, {"is_verified": True, "twitter_handle": "al"}, by=V) is None
    user = world.the(UserRow, U1)
    assert (user.is_verified, user.twitter_handle, user.verified_with_twitter) == (True, "al", True)
    assert (user.verified_with_instagram, user.verified_with_tiktok) == (False, False)
    assert (user.updated_at, user.blocknumber) == (B, 10)
    world.next_block()
    assert world.send(U1, "User/Verify", U1, {"is_verified": False}, by=V) is None
    user = world.the(UserRow, U1)
    assert (user.is_verified, user.verified_with_twitter, user.blocknumber) == (True, True, 11)
    assert world.send(U1, "User/Verify", U1, {"is_verified": True}, by=W1) is Code.VERIFIER_MISMATCH


def test_a_handle_proves_nothing_without_being_verified_with(world: World) -> None:
    assert world.send(U1, "User/Verify", U1, {"is_verified": False, "tiktok_handle": "al"}, by=V) is None
    user = world.the(UserRow, U1)
    assert (user.is_verified, user.tiktok_handle, user.verified_with_tiktok) == (False, "al", False)


def test_every_platform_of_a_verification_counts(world: World) -> None:
    sent = {"is_verified": True, "instagram_handle": "in", "tiktok_handle": "tt", "twitter_handle": ""}
    assert world.send(U3, "User/Verify", U3, sent, by=V.upper().replace("X", "x")) is None
    user = world.the(UserRow, U3)
    assert (user.verified_with_twitter, user.verified_with_instagram, user.verified_with_tiktok) == (False, True, True)


def test_verifying_needs_a_user_and_a_payload(world: World) -> None:
    assert world.send(NEW, "User/Verify", NEW, {"is_verified": True}, by=V) is Code.NOT_FOUND
    assert world.send(U1, "User/Verify", U1, by=V) is Code.METADATA_MISSING


@pytest.mark.parametrize("signer", ["", W1, V])
def test_without_a_verifier_nobody_is_verified(world: World, signer: str) -> None:
    assert world.send(U1, "User/Verify", U1, {"is_verified": True}, by=V) is None
    assert world.tx is not None
    tx = msgspec.structs.replace(world.tx, rules=EntityRules(), signer=signer)
    with pytest.raises(Reject) as refused:
        world.run(tx)
    assert refused.value.code is Code.VERIFIER_MISMATCH
