"""Nothing that a transaction can hold makes recovery raise."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbeat.chain.model import ManageEntity
from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Signer, Verifier

VERIFIER = Verifier(DEV)
SIGNER = Signer((7).to_bytes(32, "big"), DEV)
SIGNATURE = SIGNER.sign(1, "User", 2, "Follow", "", "0x01")
GOOD = ManageEntity(1, "User", 2, "Follow", "", SIGNATURE, SIGNER.address, "0x01")
TEXTS = st.text(st.characters(codec=None), max_size=80)


def test_the_good_one_recovers() -> None:
    assert VERIFIER.recover(GOOD) == (SIGNER.address.lower(), SIGNER.pubkey)


@pytest.mark.parametrize("signature", [SIGNATURE.removeprefix("0x"), SIGNATURE.upper().replace("X", "x")])
def test_prefix_and_letter_case_of_the_hex_do_not_matter(signature: str) -> None:
    assert VERIFIER.recover(msgspec.structs.replace(GOOD, signature=signature)) is not None


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0x",
        "0x1",
        SIGNATURE[:-2],
        SIGNATURE + "00",
        SIGNATURE[:-1] + " ",
        SIGNATURE[:-2] + "00",
        SIGNATURE[:-2] + "1d",
        "0x" + "00" * 64 + "1b",
        "0x" + "ff" * 64 + "1b",
        "0x" + "é" * 130,
        "0x" + "\ud800" * 130,
        "0x" + "ab" * 1_000_000,
    ],
    ids=range(13),
)
def test_malformed_signatures_recover_nobody(signature: str) -> None:
    assert VERIFIER.recover(msgspec.structs.replace(GOOD, signature=signature)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": -1},
        {"entity_id": -(2**63)},
        {"entity_id": 2**256},
        {"entity_type": "\ud800"},
        {"action": "\udfff" * 200},
        {"metadata": "\ud800"},
    ],
    ids=range(6),
)
def test_what_has_no_digest_recovers_nobody(change: dict[str, str | int]) -> None:
    assert VERIFIER.recover(msgspec.structs.replace(GOOD, **change)) is None


@pytest.mark.parametrize("nonce", ["", "0x", "zz", "0x123", "0x" + "00" * 32, "\ud800", " " * 66])
def test_an_undecodable_nonce_is_zero(nonce: str) -> None:
    signature = SIGNER.sign(1, "User", 2, "Follow", "", "0x" + "00" * 32)
    assert VERIFIER.recover(msgspec.structs.replace(GOOD, nonce=nonce, signature=signature)) is not None


def test_a_long_nonce_is_cut_at_32_bytes() -> None:
    signature = SIGNER.sign(1, "User", 2, "Follow", "", "0x" + "ab" * 32)
    long = msgspec.structs.replace(GOOD, nonce="0x" + "ab" * 40, signature=signature)
    assert VERIFIER.recover(long) == (SIGNER.address.lower(), SIGNER.pubkey)


def test_ids_beyond_int64_still_have_a_digest() -> None:
    signature = SIGNER.sign(2**64, "User", 2**255, "Follow", "", "0x01")
    entity = msgspec.structs.replace(GOOD, user_id=2**64, entity_id=2**255, signature=signature)
    assert VERIFIER.recover(entity) == (SIGNER.address.lower(), SIGNER.pubkey)


@given(st.integers(), TEXTS, st.integers(), TEXTS, TEXTS, TEXTS, TEXTS)
def test_no_text_and_no_number_raises(
    user_id: int, entity_type: str, entity_id: int, action: str, metadata: str, signature: str, nonce: str
) -> None:
    hostile = ManageEntity(user_id, entity_type, entity_id, action, metadata, signature, "", nonce)
    assert VERIFIER.recover(hostile) is None
    VERIFIER.recover(msgspec.structs.replace(hostile, signature=SIGNATURE))
