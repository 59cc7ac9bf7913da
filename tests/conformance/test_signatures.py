"""The domain's signature vectors: sections 6.1, 6.2, 6.4; scenarios 39 and 40."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from shared_dir import shared_file

from backbeat.chain.decode import decode_signed
from backbeat.chain.model import ManageEntity
from backbeat.chain.networks import DEV, PROD, STAGE, Network
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import (
    Signer,
    Verifier,
    address_of,
    checksum_address,
    domain_separator,
    entity_digest,
    keccak256,
    recover_pubkey,
)

ADDRESSES = {
    1: "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    2: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
    3: "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69",
    4: "0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718",
    5: "0xe1AB8145F7E55DC933d51a18c793F901A3A0b276",
}
PUBKEY_1 = "BHm+Zn753LusVaBilc6HCwcCm/zbLc4o2VnygVsW+BeYSDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj/sQ1Lg="


class Vector(msgspec.Struct, frozen=True):
    network: Network
    entity: ManageEntity
    digest: str
    tx_hash: str
    pubkey: str


A = Vector(
    PROD,
    ManageEntity(
        1742085,
        "Track",
        1891176372,
        "Save",
        "",
        "0x5e0acde4d324829e14d3a2fc3b3c718159a71ba5db41eaf36a30f2e3c339660c"
        "192ab97ec9cc057e6aa83ab19ec8515eb7263ea4030ca306a5db4e9a1cab4d531b",
        "0x6Fa9325908DF461E99fc61b4a2251cC94a845C1e",
        "0x113c38ddef0469e6936d4084611c08ef6b9235388067b709ae71762e212c2551",
    ),
    "cfae4bb4a64e454cb2b1bbe843c061f4f9cb72fbd1db0e7d980672c09e4fbb72",
    "0BBC7F97B3DD941D0F597E3C2F6794CE70A124F9306354C890514E83F2948841",
    "BKK65JQxGhPa94kVAjkhIp0dlihvnK+Y+a859/r6MgkmD7Mlx57fzDEdU0cgN7VQUsNh334lVgca14TzAd4/2Lw=",
)
B = Vector(
    PROD,
    ManageEntity(
        309685632,
        "Playlist",
        4281,
        "Save",
        '{"is_save_of_repost":false}',
        "0x7f67bcbc394ce23a4ea12d10015c0d75730f443fc3d9cbf543d25e7975ced502"
        "02a6a637e528d4f70d1d2dcac9771f9d7ef14c4aa6c82a71e4e555c48b66831f1c",
        "0x4606f8D4c35eF68068038B31f51aAA77822C20b6",
        "0x76e18c0171159de7c1457e3c898e522e4ee70b93529a5010b818a9ff76547d85",
    ),
    "5bfa710fe0512d0b9475307a94ee8dbfd744d18f5c97cfc4212f7876250d8993",
    "926A47AABD7B2814B56924276641806AC1C6B11916FE68C16951520DB22B7335",
    "BKETREEFx4nSO2nj7ZSSgF+874y1jQ6HyvOC18MPryaC9IYLXg+n3Lojy0fihDT7yJiaU/AYJABNASFc1QybIic=",
)
C = Vector(
    DEV,
    ManageEntity(
        3000001,
        "User",
        3000001,
        "Create",
        '{"cid":null,"data":null}',
        "0x27eb4749dea7106fce63d83831afd6335354af1b15c1277db1f82f1c1f327daf"
        "2da7a796e30d58d8f58ab7cdef1634a2af3120da29f7e50584cbe1d382abd2291c",
        ADDRESSES[1],
        "0x" + "0" * 63 + "1",
    ),
    "95e574bd4c8d85526fc165cb346b2c5aceb9e30117c0743891e15ad78adc3fa1",
    "1E5978D2A73287B85B600C8E5B60FE5AF87A04EB85284F56E5DB7F9029F5F332",
    PUBKEY_1,
)
D = Vector(
    DEV,
    ManageEntity(
        3000001,
        "Track",
        2000001,
        "Create",
        '{"cid":"","data":{"title":"Café ✨","owner_id":3000001}}',
        "0xb3e4f4214fc9927a73da4385d74bfbc4ee3f03af04f934991256ea3154cf7e0d"
        "243f00f26f6eae0a20fa99023410203c1744caecc3d20c61a89bc8216fc0f8791b",
        ADDRESSES[1],
        "0xabcd",
    ),
    "e70e61497f830a23f39da61aeeb644e27219c77e0e449ff58d010ca3dddf5e4e",
    "818D36C8DD8A9200894400FFD4CB91B10E707AD78B601B3AE53D8BB97CCAC8ED",
    PUBKEY_1,
)
E = Vector(
    DEV,
    ManageEntity(
        3000001,
        "User",
        3000002,
        "Follow",
        "",
        "0xe15f19d8a0faacfc6ca1d3e0332e933cb82ad8816dafa9b41a6df905c8469df5"
        "428c3fb53fccdcf8a0c039135eb56bd26d7f4ce443e434f1a2992605e124f9031b",
        ADDRESSES[1],
        "zz",
    ),
    "aaa4ef05fff66f90c494eceaa1478d6af670a4898d90fc842beb1ea182e0a1d8",
    "D4022DBC38626530F1EA6EB156BE21FEB3DEF7A8BE6D8C0C25C5B3D394950609",
    PUBKEY_1,
)
VECTORS = pytest.mark.parametrize("vector", [A, B, C, D, E], ids="ABCDE")
SYNTHETIC = pytest.mark.parametrize("vector", [C, D, E], ids="CDE")


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_domain_separators() -> None:
    assert domain_separator(PROD).hex() == "69f78a9df47f3ec95868854df32b783e4f1fbd59af3088ef43454ed1759b4b33"
    assert domain_separator(DEV).hex() == "41c2c0f8d4940a399ae9aeef61b9311bc63b498595921164162ebf24c3ca1cdb"
    assert domain_separator(STAGE).hex() == "3ca79aedfbaf2c5a5a52dff660e348cc9e95de14e2089cd0703ff47d39fbd9e1"


@pytest.mark.parametrize("number", ADDRESSES)
def test_addresses_of_small_keys(number: int) -> None:
    assert Signer(key(number), DEV).address == ADDRESSES[number]
    assert checksum_address(ADDRESSES[number].lower()) == ADDRESSES[number]


@VECTORS
def test_digest(vector: Vector) -> None:
    assert entity_digest(vector.network, vector.entity).hex() == vector.digest


@VECTORS
def test_scenario_040_recovers_signer_and_public_key_on_its_network_only(vector: Vector) -> None:
    """Scenario 40, and the same for the recorded vectors."""
    expected = (vector.entity.signer.lower(), vector.pubkey)
    recovered = Verifier(vector.network).recover(vector.entity)
    assert recovered is not None
    assert (recovered[0], b64encode(recovered[1]).decode()) == expected
    for other in {PROD, STAGE, DEV} - {vector.network}:
        elsewhere = Verifier(other).recover(vector.entity)
        assert elsewhere is None or elsewhere[0] != expected[0]


@SYNTHETIC
def test_signs_deterministically(vector: Vector) -> None:
    entity = vector.entity
    members = (entity.user_id, entity.entity_type, entity.entity_id, entity.action, entity.metadata)
    assert Signer(key(1), DEV).sign(*members, entity.nonce) == entity.signature


@SYNTHETIC
def test_transaction_hash(vector: Vector) -> None:
    entity = vector.entity
    signed = core_pb2.SignedTransaction(signature=entity.signature, request_id="00000000-0000-4000-8000-000000000001")
    for field in ("user_id", "entity_type", "entity_id", "action", "metadata", "signature", "signer", "nonce"):
        setattr(signed.manage_entity, field, getattr(entity, field))
    transaction = decode_signed(signed, Verifier(DEV))
    assert transaction.hash == vector.tx_hash
    assert transaction.entity == msgspec.structs.replace(
        entity,
        recovered=ADDRESSES[1].lower(),
        pubkey=Signer(key(1), DEV).pubkey,
        digest=entity_digest(DEV, entity),
    )


@VECTORS
@pytest.mark.parametrize(
    "change",
    [
        {"user_id": 1},
        {"entity_type": "User "},
        {"entity_id": 1},
        {"action": "Repost"},  # scenario 39 when applied to vector A
        {"metadata": "{}"},
        {"nonce": "0x01"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_scenario_039_a_changed_member_recovers_another_signer(vector: Vector, change: dict[str, Any]) -> None:
    recovered = Verifier(vector.network).recover(msgspec.structs.replace(vector.entity, **change))
    assert recovered is None or recovered[0] != vector.entity.signer.lower()


@pytest.mark.parametrize(
    ("number", "text", "signature"),
    [
        (
            5,
            "Creating Audius developer app at 1767323045",
            (
                "0x2e8b0dcd5560598dac9c51c672a79ae8b69e830a3f98d6b1cf2c2ef2c8bbb51f"
                "22483f7199fa876024250fa85cd7f9d52764100a3f5960fb8c108c3c0b71a1ec1c"
            ),
        ),
        (
            4,
            "AudiusUserID:3000001",
            (
                "0x33e3d2205df4b0d89e87e015b5b3a5bf0559050fd32ecc4b1fae97b0a72570c5"
                "74097854aaf1a8b349c6253f1085fe94fe7f34ba98d08cac458b946266fc0d681c"
            ),
        ),
        (
            4,
            "Connecting Audius user id Pl7R1 at 1767323045",
            (
                "0x7ec3380192606ff3aa9d2217872e6ca706247574e51db158608506a4aafeac22"
                "68806318acba41d9973134abee91cb97601bd37436d85ca9b6cd1469ef27f4f51c"
            ),
        ),
        (
            1,
            "Connecting Audius protocol dashboard wallet 0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718 at 1767323045",
            (
                "0xac03a99e7e63dd66bb9dede2a851380ee57fc5747691ba8852260b34b07c4cc8"
                "3b9fcfe99882f155df7e8e5d9f6e2c3ca955730fa4307addcc3b63ff892e6d2c1c"
            ),
        ),
    ],
)
def test_personal_messages(number: int, text: str, signature: str) -> None:
    digest = keccak256(f"\x19Ethereum Signed Message:\n{len(text)}{text}".encode())
    pubkey = recover_pubkey(digest, signature)
    assert pubkey is not None
    assert checksum_address(address_of(pubkey)) == ADDRESSES[number]
    assert Signer(key(number), DEV).sign_digest(digest) == signature


def test_every_recorded_signature_recovers_to_the_stated_signer() -> None:
    verifier = Verifier(PROD)
    entities = [
        entity
        for raw in _records(shared_file("recordings/mainnet-a.pb"))
        if (entity := decode_signed(core_pb2.SignedTransaction.FromString(raw), verifier).entity) is not None
    ]
    assert len(entities) == 663
    assert [entity.recovered for entity in entities] == [entity.signer.lower() for entity in entities]


def test_recorded_transactions_keep_their_bytes() -> None:
    for raw in _records(shared_file("recordings/mainnet-a.pb")):
        transaction = decode_signed(core_pb2.SignedTransaction.FromString(raw), None)
        assert transaction.raw == raw
        assert transaction.hash == sha256(raw).hexdigest().upper()


def _records(path: Path) -> Iterator[bytes]:
    data, at = path.read_bytes(), 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        yield data[at + 4 : end]
        at = end
