"""Scenarios 147 to 154: wallets besides the one that signs, and collectibles."""

from base64 import b64encode
from datetime import UTC
from typing import Any

import pytest
from conformance.world import STAMPED, U1, U2, U3, W1, W2, W4, W5, B, World
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from worst import act

from backbeat.index.payload.base58 import ALPHABET
from backbeat.index.payload.ids import encode_id
from backbeat.index.reject import Code
from backbeat.index.rows.access import GrantRow
from backbeat.index.rows.users import UserRow
from backbeat.index.rows.wallets import AssociatedWalletRow, CollectiblesRow, DashboardWalletRow
from builders.chain import WALLETS
from builders.proofs import SIGNED_AT, signed_text

SOLANA = "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
ETH: dict[str, Any] = {
    "wallet_address": WALLETS[4].address,
    "chain": "eth",
    "signature": "0x33e3d2205df4b0d89e87e015b5b3a5bf0559050fd32ecc4b1fae97b0a72570c5"
    "74097854aaf1a8b349c6253f1085fe94fe7f34ba98d08cac458b946266fc0d681c",
}
SOL: dict[str, Any] = {
    "wallet_address": SOLANA,
    "chain": "sol",
    "signature": "72809b15cf9039fc8bfb120a0d77c460dc128e8e5f3ad6eaed98ee6a99bbb080"
    "2764b92d99bb6d359a700664e3cb7a1ffb7d18328be4e1605b26a9d1820fb40b",
}
OF_SOL = bytes.fromhex(SOL["signature"])
BY_WALLET: dict[str, Any] = {
    "wallet": WALLETS[4].address,
    "wallet_signature": {
        "message": "Connecting Audius user id Pl7R1 at 1767323045",
        "signature": "0x7ec3380192606ff3aa9d2217872e6ca706247574e51db158608506a4aafeac22"
        "68806318acba41d9973134abee91cb97601bd37436d85ca9b6cd1469ef27f4f51c",
    },
}
BY_USER: dict[str, Any] = {
    "wallet": WALLETS[4].address,
    "user_signature": {
        "message": f"Connecting Audius protocol dashboard wallet {WALLETS[4].address} at 1767323045",
        "signature": "0xac03a99e7e63dd66bb9dede2a851380ee57fc5747691ba8852260b34b07c4cc8"
        "3b9fcfe99882f155df7e8e5d9f6e2c3ca955730fa4307addcc3b63ff892e6d2c1c",
    },
}
WIRE_ACTS = {
    "AssociatedWallet/Create": act.Act(act.OWNER, 0, SOL),
    "AssociatedWallet/Delete": act.Act(act.OWNER, 0, {"wallet_address": SOLANA}, before=("AssociatedWallet/Create",)),
    "DashboardWalletUser/Create": act.Act(act.OWNER, 0, BY_WALLET),
    "DashboardWalletUser/Delete": act.Act(act.OWNER, 0, {"wallet": W4}, before=("DashboardWalletUser/Create",)),
    "Collectibles/Create": act.Act(act.OWNER, 0, {"collectibles": {"order": ["x"]}}),
    "Collectibles/Update": act.Act(act.OWNER, 0, {"collectibles": {"order": ["y"]}}),
}
WIRE_KEYS = {
    "AssociatedWallet": ["wallet_address", "chain", "signature", "wallet", "wallet_signature"],
    "DashboardWalletUser": ["wallet", "wallet_signature", "user_signature"],
    "Collectibles": ["collectibles"],
}


def base58(raw: bytes) -> str:
    number, digits = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def of_user(user_id: int, key: int = 4) -> dict[str, Any]:
    proof = signed_text(key, f"AudiusUserID:{user_id}")
    return {"wallet_address": WALLETS[key].address, "chain": "eth", "signature": proof["signature"]}


def held(world: World) -> list[tuple[int, str, bool, bool]]:
    rows = sorted(world.all(AssociatedWalletRow), key=lambda row: row.user_id)
    return [(row.user_id, row.wallet, row.is_current, row.is_delete) for row in rows]


def test_scenario_147_a_wallet_of_either_chain(world: World) -> None:
    for sent in (ETH, SOL):
        assert world.send(U1, "AssociatedWallet/Create", 0, sent) is None
        assert world.trips == 0
    eth, sol = sorted(world.all(AssociatedWalletRow), key=lambda row: row.chain)
    assert (eth.user_id, eth.wallet, eth.chain, sol.wallet, sol.chain) == (U1, W4, "eth", SOLANA, "sol")
    assert (eth.is_current, eth.is_delete, eth.created_at, eth.updated_at) == (True, False, B, B)
    assert (eth.blockhash, eth.blocknumber) == ("bb500", 10)


def test_one_s_own_wallet_again_changes_nothing(world: World) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    world.next_block()
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    [row] = world.all(AssociatedWalletRow)
    assert (row.updated_at, row.blocknumber) == (B, 10)


@pytest.mark.parametrize("sent", [ETH, SOL])
def test_scenario_148_a_signature_names_its_user(world: World, sent: dict[str, Any]) -> None:
    assert world.send(U2, "AssociatedWallet/Create", 0, sent) is Code.WALLET_SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({**ETH, "signature": ETH["signature"][2:]}, None),
        ({**ETH, "signature": ETH["signature"][:-2] + "01"}, None),
        ({**ETH, "signature": ETH["signature"][:-2] + "1b"}, Code.WALLET_SIGNATURE_INVALID),
        ({**ETH, "signature": ETH["signature"][:-2] + "02"}, Code.WALLET_SIGNATURE_INVALID),
        ({**ETH, "signature": ETH["signature"] + "00"}, Code.WALLET_SIGNATURE_INVALID),
        ({**ETH, "wallet_address": W5}, Code.WALLET_SIGNATURE_INVALID),
        ({**ETH, "signature": None}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "signature": "0x" + SOL["signature"]}, None),
        ({**SOL, "signature": b64encode(OF_SOL).decode()}, None),
        ({**SOL, "signature": base58(OF_SOL)}, None),
        ({**SOL, "signature": base58(OF_SOL)[:-1]}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "signature": b64encode(OF_SOL[:-1]).decode()}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "signature": "é" * 86 + "=="}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "signature": "x" * 128}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "signature": SOL["signature"][:-2] + "0c"}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "wallet_address": SOLANA.lower()}, Code.WALLET_SIGNATURE_INVALID),
        ({**SOL, "wallet_address": W4}, Code.WALLET_SIGNATURE_INVALID),
        ({**ETH, "chain": "sol"}, Code.WALLET_SIGNATURE_INVALID),
        ({"wallet": W4, "chain": "eth", "wallet_signature": signed_text(4, f"AudiusUserID:{U1}")}, None),
        (
            {"wallet": W4, "chain": "eth", "wallet_signature": signed_text(4, f"AudiusUserID:{U1} ")},
            Code.WALLET_SIGNATURE_INVALID,
        ),
        (None, Code.METADATA_MISSING),
    ],
)
def test_what_proves_a_wallet(world: World, sent: Any, code: Code | None) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, sent) is code
    assert len(held(world)) == (code is None)


def test_the_system_program_belongs_to_nobody(world: World) -> None:
    """Its address is a key of small order, under which any text with these bytes would be signed."""
    sent = {"wallet_address": "1" * 32, "chain": "sol", "signature": "00" * 64}
    assert world.send(U1, "AssociatedWallet/Create", 0, sent) is Code.WALLET_SIGNATURE_INVALID


def test_any_solana_wallet_may_sign(world: World) -> None:
    key = ECC.construct(curve="Ed25519", seed=b"\2" * 32)
    signature = eddsa.new(key, "rfc8032").sign(f"AudiusUserID:{U2}".encode())
    wallet = base58(key.public_key().export_key(format="raw"))
    sent = {"wallet_address": wallet, "chain": "sol", "signature": signature.hex()}
    assert world.send(U1, "AssociatedWallet/Create", 0, sent) is Code.WALLET_SIGNATURE_INVALID
    assert world.send(U2, "AssociatedWallet/Create", 0, sent) is None


def test_scenario_149_a_wallet_goes_to_who_proved_it_last(world: World) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    world.next_block()
    assert world.send(U2, "AssociatedWallet/Create", 0, of_user(U2)) is None
    assert held(world) == [(U1, W4, False, True), (U2, W4, True, False)]
    [taken] = world.all(AssociatedWalletRow, user_id=U1)
    assert (taken.created_at, taken.updated_at, taken.blocknumber) == (B, world.time, 11)
    assert world.send(U1, "AssociatedWallet/Delete", 0, {"wallet_address": W4}) is Code.NOT_FOUND
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    assert held(world) == [(U1, W4, True, False), (U2, W4, False, True)]


@pytest.mark.parametrize("chain", [{}, {"chain": "eth"}, {"chain": None}])
def test_scenario_150_a_wallet_is_removed_and_added_again(world: World, chain: dict[str, Any]) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    world.next_block()
    gone = {"wallet_address": WALLETS[4].address, **chain}
    assert world.send(U1, "AssociatedWallet/Delete", 0, gone) is None
    assert world.trips == 0
    assert held(world) == [(U1, W4, False, True)]
    assert world.send(U1, "AssociatedWallet/Delete", 0, gone) is Code.NOT_FOUND
    assert world.send(U1, "AssociatedWallet/Create", 0, ETH) is None
    [again] = world.all(AssociatedWalletRow)
    assert (again.is_current, again.is_delete, again.created_at, again.updated_at) == (True, False, B, world.time)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"wallet_address": SOLANA, "chain": "sol"}, None),
        ({"wallet_address": SOLANA}, None),
        ({"wallet": SOLANA}, None),
        ({"wallet_address": SOLANA.lower()}, Code.NOT_FOUND),
        ({"wallet_address": SOLANA, "chain": "eth"}, Code.NOT_FOUND),
        ({"wallet_address": SOLANA, "chain": "btc"}, Code.CHAIN_INVALID),
        ({}, Code.WALLET_MISSING),
        (None, Code.METADATA_MISSING),
    ],
)
def test_which_wallet_is_removed(world: World, sent: Any, code: Code | None) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, SOL) is None
    assert world.send(U2, "AssociatedWallet/Delete", 0, sent) is (code or Code.NOT_FOUND)
    assert world.send(U1, "AssociatedWallet/Delete", 0, sent) is code


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({**ETH, "chain": "btc"}, Code.CHAIN_INVALID),
        ({**ETH, "chain": None}, Code.CHAIN_INVALID),
        ({**ETH, "wallet_address": ""}, Code.WALLET_MISSING),
        ({**ETH, "wallet_address": 4}, Code.WALLET_MISSING),
    ],
)
def test_scenario_151_chain_and_wallet_are_named(world: World, sent: dict[str, Any], code: Code) -> None:
    assert world.send(U1, "AssociatedWallet/Create", 0, sent) is code


def test_scenario_152_either_signs_for_a_dashboard_wallet(world: World) -> None:
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET, by=W1) is None
    assert world.trips == 0
    made = world.the(DashboardWalletRow, W4)
    assert (made.user_id, made.is_delete, made.created_at, made.updated_at, made.blocknumber) == (U1, False, B, B, 10)


def test_scenario_152_the_dashboard_wallet_signs_itself(world: World) -> None:
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET, by=W4) is Code.WALLET_SIGNATURE_INVALID
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_USER, by=W4) is None
    assert world.the(DashboardWalletRow, W4).user_id == U1


def test_scenario_152_managers_have_no_say(world: World) -> None:
    world.put(GrantRow(grantee_address=W2, user_id=U1, is_approved=True, **STAMPED))
    for action in ("Create", "Delete"):
        sent = {**BY_WALLET, **BY_USER}
        assert world.send(U1, f"DashboardWalletUser/{action}", 0, sent, by=W2) is Code.SIGNER_UNAUTHORIZED


@pytest.mark.parametrize(
    ("message", "is_sound"),
    [
        (f"Connecting Audius user id {encode_id(U1)} at {SIGNED_AT}", True),
        (f"Connecting Audius user id {U1} at {SIGNED_AT + 300}", True),
        (f"Connecting Audius user @Alice at {SIGNED_AT - 300}", True),
        (f"Connecting Audius user id {U1} at {SIGNED_AT + 301}", False),
        (f"Connecting Audius user id {U1} at {SIGNED_AT - 301}", False),
        (f"Connecting Audius user id {U2} at {SIGNED_AT}", False),
        (f"Connecting Audius user @bob at {SIGNED_AT}", False),
        (f"Connecting Audius user alice at {SIGNED_AT}", False),
        (f"Connecting Audius user @alice at {SIGNED_AT} ", False),
        (f"Connecting  Audius user @alice at {SIGNED_AT}", False),
        (f"Connecting a user id {U1} at {SIGNED_AT}", False),
        (f"Connecting Audius user id {U1} on {SIGNED_AT}", False),
        (f"Connecting Audius user id {U1} at -1", False),
        ("at", False),
    ],
)
def test_what_the_dashboard_wallet_has_to_say(world: World, message: str, *, is_sound: bool) -> None:
    sent = {"wallet": W4, "wallet_signature": signed_text(4, message)}
    assert world.send(U1, "DashboardWalletUser/Create", 0, sent) is (
        None if is_sound else Code.WALLET_SIGNATURE_INVALID
    )


@pytest.mark.parametrize(
    ("message", "is_sound"),
    [
        (f"Connecting Audius protocol dashboard wallet {W4} at {SIGNED_AT - 300}", True),
        (f"Connecting Audius protocol dashboard wallet {W4} at {SIGNED_AT - 301}", False),
        (f"Connecting Audius protocol dashboard wallet {W5} at {SIGNED_AT}", False),
        (f"Connecting Audius protocol wallet {W4} at {SIGNED_AT}", False),
        (f"Connecting Audius protocol dashboard wallet {SIGNED_AT}", False),
    ],
)
def test_what_the_user_has_to_say(world: World, message: str, *, is_sound: bool) -> None:
    sent = {"wallet": W4, "user_signature": signed_text(1, message)}
    assert world.send(U1, "DashboardWalletUser/Create", 0, sent, by=W4) is (
        None if is_sound else Code.WALLET_SIGNATURE_INVALID
    )


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"wallet": W4}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_USER}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_WALLET, **BY_USER}, None),
        ({**BY_WALLET, "user_signature": None}, None),
        ({**BY_WALLET, "user_signature": signed_text(2, "no")}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_WALLET, "user_signature": "no"}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_WALLET, "wallet_signature": signed_text(5, "no")}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_WALLET, "wallet": W5}, Code.WALLET_SIGNATURE_INVALID),
        ({**BY_WALLET, "wallet": None}, Code.WALLET_MISSING),
        (None, Code.METADATA_MISSING),
    ],
)
def test_what_is_signed_has_to_be_right(world: World, sent: Any, code: Code | None) -> None:
    assert world.send(U1, "DashboardWalletUser/Create", 0, sent) is code


def test_scenario_153_a_wallet_has_one_user(world: World) -> None:
    assert world.send(U1, "DashboardWalletUser/Delete", 0, {"wallet": W4}) is Code.NOT_FOUND
    to_other = {"wallet": W4, "wallet_signature": signed_text(4, f"Connecting Audius user @bob at {SIGNED_AT}")}
    assert world.send(U2, "DashboardWalletUser/Create", 0, to_other) is None
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET) is Code.ALREADY_EXISTS
    assert world.send(U1, "DashboardWalletUser/Delete", 0, {"wallet": W4}) is Code.NOT_OWNER
    assert world.send(9, "DashboardWalletUser/Delete", 0, {"wallet": W4}, by=W4) is Code.SIGNER_UNKNOWN_USER
    world.next_block()
    assert world.send(U2, "DashboardWalletUser/Delete", 0, {"wallet": WALLETS[4].address}) is None
    gone = world.the(DashboardWalletRow, W4)
    assert (gone.is_delete, gone.created_at, gone.updated_at) == (True, B, world.time)
    assert world.send(U2, "DashboardWalletUser/Delete", 0, {"wallet": W4}) is Code.DELETED
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET) is None
    [again] = world.all(DashboardWalletRow)
    assert (again.user_id, again.is_delete, again.created_at) == (U1, False, world.time)


def test_the_wallet_itself_ends_any_assignment(world: World) -> None:
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET) is None
    assert world.send(U1, "DashboardWalletUser/Delete", 0, {"wallet": W4}, by=W5) is Code.SIGNER_UNAUTHORIZED
    assert world.send(U3, "DashboardWalletUser/Delete", 0, {"wallet": W4}, by=W4) is None
    assert world.the(DashboardWalletRow, W4).is_delete


def test_a_user_without_handle_is_named_by_its_id(world: World) -> None:
    world.put(world.the(UserRow, U1).but(handle=None, handle_lc=None))
    sent = {"wallet": W4, "wallet_signature": signed_text(4, f"Connecting Audius user @ at {SIGNED_AT}")}
    assert world.send(U1, "DashboardWalletUser/Create", 0, sent) is Code.WALLET_SIGNATURE_INVALID
    assert world.send(U1, "DashboardWalletUser/Create", 0, BY_WALLET) is None


def test_scenario_154_collectibles_are_replaced(world: World) -> None:
    assert world.send(U1, "Collectibles/Create", 0, {"collectibles": {"order": ["x"]}}) is None
    assert world.trips == 0
    shown, user = world.the(CollectiblesRow, U1), world.the(UserRow, U1)
    zoned = B.replace(tzinfo=UTC)
    assert (shown.data, shown.created_at, shown.updated_at) == ({"order": ["x"]}, zoned, zoned)
    assert (shown.blockhash, shown.blocknumber) == ("bb500", 10)
    assert (user.has_collectibles, user.updated_at, user.blocknumber) == (True, B, 10)
    world.next_block()
    assert world.send(U1, "Collectibles/Create", 0, {"collectibles": {"order": ["y"]}}) is None
    assert world.the(UserRow, U1).blocknumber == 10
    assert world.send(U1, "Collectibles/Update", 0, {"collectibles": {}}) is None
    [shown] = world.all(CollectiblesRow)
    assert (shown.data, shown.created_at) == ({}, zoned)
    assert shown.updated_at.replace(tzinfo=None) == world.time
    assert not world.the(UserRow, U1).has_collectibles


@pytest.mark.parametrize("action", ["Create", "Update"])
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, Code.METADATA_INVALID),
        ({"collectibles": None}, Code.METADATA_INVALID),
        ({"collectibles": ["x"]}, Code.METADATA_INVALID),
        ({"collectibles": {"x": "x" * 250_000}}, Code.DOCUMENT_TOO_LARGE),
        (None, Code.METADATA_MISSING),
        ("not json", Code.METADATA_MISSING),
    ],
)
def test_collectibles_are_an_object(world: World, action: str, sent: Any, code: Code) -> None:
    assert world.send(U1, f"Collectibles/{action}", 0, sent) is code
    assert world.send(U1, f"Collectibles/{action}", 0, {"collectibles": {}}, by=W2) is Code.SIGNER_UNAUTHORIZED
    assert world.all(CollectiblesRow) == []
