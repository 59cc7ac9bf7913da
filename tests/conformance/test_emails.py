"""Scenarios 156 and 157: encrypted email addresses and the keys to them."""

from datetime import UTC
from typing import Any

import pytest
from conformance.world import U1, U2, U3, W2, W4, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.access import EmailAccessRow, EncryptedEmailRow

STRANGER = 3000004


def given(receiver: int, grantor: int, key: str = "k", **more: Any) -> dict[str, Any]:
    return {"receiving_user_id": receiver, "grantor_user_id": grantor, "encrypted_key": key, **more}


def about(owner: int, *grants: dict[str, Any]) -> dict[str, Any]:
    return {"email_owner_user_id": owner, "access_grants": list(grants)}


ADDED: dict[str, Any] = {"encrypted_email": "e", **about(U1, given(U2, U1))}
WIRE_ACTS = {
    "EncryptedEmail/AddEmail": act.Act(act.OWNER, 0, ADDED),
    "EmailAccess/Update": act.Act(act.OTHER, 0, about(U1, given(U3, U2)), before=("EncryptedEmail/AddEmail",), key=2),
}
WIRE_KEYS = {
    "EncryptedEmail": ["email_owner_user_id", "encrypted_email", "access_grants"],
    "EmailAccess": ["email_owner_user_id", "access_grants"],
}


def keys(world: World) -> list[tuple[int, int, int, str, bool]]:
    return sorted(
        (row.email_owner_user_id, row.receiving_user_id, row.grantor_user_id, row.encrypted_key, row.is_initial)
        for row in world.all(EmailAccessRow)
    )


def test_scenario_156_the_first_email_stays(world: World) -> None:
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, ADDED) is None
    assert world.trips == 0
    [email] = world.all(EncryptedEmailRow)
    zoned = B.replace(tzinfo=UTC)
    assert (email.email_owner_user_id, email.encrypted_email) == (U1, "e")
    assert (email.created_at, email.updated_at) == (zoned, zoned)
    assert keys(world) == [(U1, U2, U1, "k", False)]
    again = {"encrypted_email": "other", **about(U1, given(U3, U1))}
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, again) is None
    assert [row.encrypted_email for row in world.all(EncryptedEmailRow)] == ["e"]
    assert keys(world) == [(U1, U2, U1, "k", False)]
    assert world.send(U2, "EncryptedEmail/AddEmail", 0, {"encrypted_email": "mine", **about(U2)}) is None
    assert len(world.all(EncryptedEmailRow)) == 2


def test_scenario_157_keys_are_handed_on(world: World) -> None:
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, ADDED) is None
    on = about(U1, given(U3, U2, "k2", is_initial=True), given(STRANGER, U3, "k3"))
    assert world.send(U2, "EmailAccess/Update", 0, on | {"encrypted_email": "ignored"}) is None
    assert world.trips == 0
    assert keys(world)[1:] == [(U1, U3, U2, "k2", True), (U1, STRANGER, U3, "k3", False)]
    assert world.all(EmailAccessRow, receiving_user_id=U3)[0].created_at == B.replace(tzinfo=UTC)
    before = keys(world)
    assert world.send(U2, "EmailAccess/Update", 0, about(U1, given(U3, U2, "late"))) is None
    assert keys(world) == before


@pytest.mark.parametrize(
    "grants",
    [
        [given(U3, STRANGER)],
        [given(U3, U1)],
        [given(U3, U2), given(U3, STRANGER)],
        [given(STRANGER, U3), given(U3, U2)],
    ],
)
def test_scenario_157_nobody_hands_on_what_it_has_not(world: World, grants: list[dict[str, Any]]) -> None:
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, ADDED) is None
    assert world.send(U2, "EmailAccess/Update", 0, about(U1, *grants)) is Code.NO_EMAIL_ACCESS
    assert world.send(U2, "EmailAccess/Update", 0, about(U2, given(U3, U2))) is Code.NO_EMAIL_ACCESS
    assert keys(world) == [(U1, U2, U1, "k", False)]


def test_of_two_keys_for_one_the_first_counts(world: World) -> None:
    twice = {**ADDED, **about(U1, given(U2, U1, "first"), given(U3, U1), given(U2, U1, "second"))}
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, twice) is None
    assert keys(world) == [(U1, U2, U1, "first", False), (U1, U3, U1, "k", False)]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"email_owner_user_id": str(U1)}, Code.METADATA_INVALID),
        ({"email_owner_user_id": None}, Code.METADATA_INVALID),
        ({"email_owner_user_id": 2**31}, Code.ID_OUT_OF_RANGE),
        ({"access_grants": None}, Code.METADATA_INVALID),
        ({"access_grants": {}}, Code.METADATA_INVALID),
        ({"access_grants": [7]}, Code.METADATA_INVALID),
        ({"access_grants": [given(U2, U1, "")]}, Code.METADATA_INVALID),
        ({"access_grants": [given(U2, U1, "k" * 5_001)]}, Code.TEXT_TOO_LONG),
        ({"access_grants": [given(U2, U1) | {"grantor_user_id": "1"}]}, Code.METADATA_INVALID),
        ({"access_grants": [given(U2, U1) | {"receiving_user_id": None}]}, Code.METADATA_INVALID),
        ({"access_grants": [given(-1, U1)]}, Code.ID_OUT_OF_RANGE),
        ({"access_grants": [given(U2, U1)] * 1_001}, Code.DOCUMENT_TOO_LARGE),
        ({"access_grants": [given(U2, U1, is_initial="yes")]}, None),
    ],
)
@pytest.mark.parametrize("pair", WIRE_ACTS)
def test_what_a_payload_has_to_say(world: World, pair: str, sent: dict[str, Any], code: Code | None) -> None:
    if pair == "EmailAccess/Update":
        assert world.send(U1, "EncryptedEmail/AddEmail", 0, {**ADDED, **about(U1, given(U1, U1))}) is None
    before = keys(world)
    assert world.send(U1, pair, 0, ADDED | sent) is code
    assert (keys(world) == before) == (code is not None)


@pytest.mark.parametrize("email", ["", None, 7, ["e"]])
def test_an_email_is_a_text(world: World, email: Any) -> None:
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, ADDED | {"encrypted_email": email}) is Code.METADATA_INVALID
    long = ADDED | {"encrypted_email": "e" * 5_001}
    assert world.send(U1, "EncryptedEmail/AddEmail", 0, long) is Code.TEXT_TOO_LONG
    assert world.all(EncryptedEmailRow) == []


@pytest.mark.parametrize("pair", WIRE_ACTS)
def test_emails_are_signed_for(world: World, pair: str) -> None:
    assert world.send(U1, pair, 0, ADDED, by=W2) is Code.SIGNER_UNAUTHORIZED
    assert world.send(9, pair, 0, ADDED, by=W4) is Code.SIGNER_UNKNOWN_USER
    assert world.send(U1, pair, 0) is Code.METADATA_MISSING
    assert world.send(2**31, pair, 0, ADDED) is Code.ID_OUT_OF_RANGE
