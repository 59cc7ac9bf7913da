"""Scenarios 137 to 146: apps, and grants to act for a user. What they notify of (141, 142, 145) is not made yet."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from conformance.world import STAMPED, T1, U1, U2, U3, W1, W2, W3, W4, W5, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.access import DeveloperAppRow, GrantRow, RedirectUriRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow
from builders.proofs import SIGNED_AT, app_signature, signed_text

HOUR = 3_600
APP_WALLET = 5
MESSAGE = "Creating Audius developer app at "
ARABIC = {ord("0") + digit: 0x660 + digit for digit in range(10)}
APP: dict[str, Any] = {
    "name": "App",
    "description": "d",
    "is_personal_access": False,
    "app_signature": {
        "message": "Creating Audius developer app at 1767323045",
        "signature": "0x2e8b0dcd5560598dac9c51c672a79ae8b69e830a3f98d6b1cf2c2ef2c8bbb51f"
        "22483f7199fa876024250fa85cd7f9d52764100a3f5960fb8c108c3c0b71a1ec1c",
    },
}
TO_OTHER = {"grantee_address": W2}
WIRE_ACTS = {
    "DeveloperApp/Create": act.Act(act.OWNER, 0, APP),
    "DeveloperApp/Update": act.Act(act.OWNER, 0, {"address": W5, "name": "New"}, before=("DeveloperApp/Create",)),
    "DeveloperApp/Delete": act.Act(act.OWNER, 0, {"address": W5}, before=("DeveloperApp/Create",)),
    "Grant/Create": act.Act(act.OWNER, 0, TO_OTHER),
    "Grant/Delete": act.Act(act.OWNER, 0, TO_OTHER, before=("Grant/Create",)),
    "Grant/Approve": act.Act(act.OTHER, 0, {"grantor_user_id": U1}, before=("Grant/Create",), key=2),
    "Grant/Reject": act.Act(act.OTHER, 0, {"grantor_user_id": U1}, before=("Grant/Create",), key=2),
}
WIRE_KEYS = {
    "DeveloperApp": [
        *("name", "description", "image_url", "is_personal_access", "app_signature", "address", "redirect_uris")
    ],
    "Grant": ["grantee_address", "grantor_user_id"],
}


def app(**columns: Any) -> DeveloperAppRow:
    return DeveloperAppRow(**{"address": W5, "user_id": U1, "name": "App", **STAMPED, **columns})


def uris(world: World) -> list[str]:
    return sorted(row.redirect_uri for row in world.all(RedirectUriRow, client_id=W5))


def test_scenario_137_an_app_is_known_by_who_signed_for_it(world: World) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is None
    made = world.the(DeveloperAppRow, W5)
    assert (made.user_id, made.name, made.description, made.is_personal_access) == (U1, "App", "d", False)
    assert (made.is_current, made.is_delete, made.created_at, made.updated_at) == (True, False, B, B)
    assert (made.blocknumber, made.blockhash, made.image_url) == (10, "bb500", None)
    assert uris(world) == []
    assert world.trips == 0
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is Code.ALREADY_EXISTS
    assert world.send(U2, "DeveloperApp/Create", 0, APP) is Code.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"app_signature": app_signature(APP_WALLET, SIGNED_AT + 6 * HOUR)}, None),
        ({"app_signature": app_signature(APP_WALLET, SIGNED_AT - 6 * HOUR)}, None),
        ({"app_signature": app_signature(APP_WALLET, SIGNED_AT + 6 * HOUR + 1)}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": app_signature(APP_WALLET, SIGNED_AT - 6 * HOUR - 1)}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": {**APP["app_signature"], "signature": "0x" + "1b" * 10}}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": {**APP["app_signature"], "signature": "0x" + "00" * 64 + "1b"}}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": signed_text(5, f"Creating an app at {SIGNED_AT}")}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": signed_text(5, "Creating Audius developer app at noon")}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": signed_text(5, f"{MESSAGE}{str(SIGNED_AT).translate(ARABIC)}")}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": signed_text(5, f"{MESSAGE}{SIGNED_AT:012}")}, Code.APP_SIGNATURE_INVALID),
        (
            {"app_signature": signed_text(5, f"Creating Audius developer app at {'0' * 300} {SIGNED_AT}")},
            Code.APP_SIGNATURE_INVALID,
        ),
        ({"app_signature": signed_text(5, f"Creating Audius developer app at last {SIGNED_AT}")}, None),
        ({"app_signature": None}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": "0x"}, Code.APP_SIGNATURE_INVALID),
        ({"app_signature": None, "address": W5}, Code.APP_SIGNATURE_INVALID),
        ({"address": W4}, Code.APP_SIGNATURE_INVALID),
        ({"address": W5.upper().replace("X", "x")}, None),
        ({"app_signature": app_signature(2)}, Code.WALLET_IN_USE),
        ({"name": "n" * 50}, None),
        ({"name": "😀" * 51}, Code.NAME_TOO_LONG),
        ({"name": ""}, Code.NAME_MISSING),
        ({"name": 7}, Code.NAME_MISSING),
        ({"description": "😀" * 160}, None),
        ({"description": "d" * 161}, Code.DESCRIPTION_TOO_LONG),
        ({"image_url": "https://h.example/" + "x" * 1_982}, None),
        ({"image_url": "https://h.example/" + "x" * 1_983}, Code.IMAGE_URL_TOO_LONG),
    ],
)
def test_scenario_138_what_an_app_has_to_be(world: World, sent: dict[str, Any], code: Code | None) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP | sent) is code
    assert (world.get(DeveloperAppRow, W5) is not None) == (code is None)


def test_scenario_138_age_is_measured_by_the_block(world: World) -> None:
    world.next_block(seconds=6 * HOUR + 1)
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is Code.APP_SIGNATURE_INVALID


def test_scenario_138_five_apps_are_enough(world: World) -> None:
    world.put(*(app(address=f"0x{number}") for number in range(4)), app(address="0xgone", is_delete=True))
    world.put(app(address="0xother", user_id=U2))
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is None
    sixth = APP | {"app_signature": app_signature(6)}
    assert world.send(U1, "DeveloperApp/Create", 0, sixth) is Code.APP_LIMIT
    assert world.send(U1, "DeveloperApp/Delete", 0, {"address": W5}) is None
    assert world.send(U1, "DeveloperApp/Create", 0, sixth) is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://h.example/a.png", True),
        ("h.example:80", True),
        ("http://a-b.h.example", True),
        ("//h.example", False),
        ("host", False),
        ("ftp://h.example", False),
        ("https://h.example/a b", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
    ],
)
def test_a_picture_is_at_an_address(world: World, sent: str | None, *, kept: bool) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP | {"image_url": sent}) is None
    assert world.the(DeveloperAppRow, W5).image_url == (sent if kept else None)


def test_scenario_139_a_deleted_app_comes_back_to_life(world: World) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP | {"redirect_uris": ["https://a.example"]}) is None
    world.next_block()
    assert world.send(U1, "DeveloperApp/Delete", 0, {"address": W5.upper()}) is None
    gone = world.the(DeveloperAppRow, W5)
    assert (gone.is_delete, gone.is_current, gone.created_at, gone.updated_at) == (True, True, B, world.time)
    assert world.send(U1, "DeveloperApp/Delete", 0, {"address": W5}) is Code.NOT_FOUND
    assert world.send(U1, "DeveloperApp/Update", 0, {"address": W5, "name": "N"}) is Code.NOT_FOUND
    world.next_block()
    assert world.send(U2, "DeveloperApp/Create", 0, APP) is None
    [again] = world.all(DeveloperAppRow)
    assert (again.user_id, again.is_delete, again.created_at, again.blocknumber) == (U2, False, world.time, 12)
    assert uris(world) == []


def test_scenario_140_an_update_describes_an_app_again(world: World) -> None:
    world.put(app(is_personal_access=True, image_url="h.example"))
    assert world.send(U2, "DeveloperApp/Update", 0, {"address": W5, "name": "Mine"}) is Code.NOT_OWNER
    assert world.send(U2, "DeveloperApp/Delete", 0, {"address": W5}) is Code.NOT_OWNER
    said = {"address": W5.upper(), "name": "Better", "is_personal_access": False}
    assert world.send(U1, "DeveloperApp/Update", 0, said) is None
    told = world.the(DeveloperAppRow, W5)
    assert (told.name, told.description, told.image_url, told.is_personal_access) == ("Better", None, None, True)
    assert (told.created_at, told.updated_at) == (STAMPED["created_at"], B)
    assert world.send(U1, "DeveloperApp/Update", 0, said) is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"address": W5}, Code.NAME_MISSING),
        ({"name": "N"}, Code.NOT_FOUND),
        ({"address": W4, "name": "N"}, Code.NOT_FOUND),
        ({"address": 5, "name": "N"}, Code.NOT_FOUND),
        ({"address": W5, "name": "N" * 51}, Code.NAME_TOO_LONG),
        (None, Code.METADATA_MISSING),
        ("not json", Code.METADATA_MISSING),
    ],
)
def test_what_an_update_has_to_say(world: World, sent: Any, code: Code) -> None:
    world.put(app())
    assert world.send(U1, "DeveloperApp/Update", 0, sent) is code


def test_apps_are_signed_for_by_their_users(world: World) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP, by=W5) is Code.SIGNER_UNAUTHORIZED
    assert world.send(U1, "DeveloperApp/Create", 0) is Code.METADATA_MISSING
    assert world.send(9, "DeveloperApp/Create", 0, APP, by=W4) is Code.SIGNER_UNKNOWN_USER
    assert world.send(-1, "DeveloperApp/Create", 0, APP, by=W4) is Code.ID_OUT_OF_RANGE
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is None
    assert world.send(U1, "DeveloperApp/Delete", 0) is Code.METADATA_MISSING
    assert world.send(U1, "DeveloperApp/Delete", 0, {"address": W5}, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_an_app_and_a_user_never_share_a_wallet(world: World) -> None:
    assert world.send(3000009, "User/Create", 3000009, {"handle": "x"}, by=W4) is None
    assert world.send(U1, "DeveloperApp/Create", 0, APP | {"app_signature": app_signature(4)}) is Code.WALLET_IN_USE
    assert world.send(U1, "DeveloperApp/Create", 0, APP) is None
    assert world.send(3000010, "User/Create", 3000010, {"handle": "y"}, by=W5) is Code.WALLET_IS_APP
    assert world.send(U1, "DeveloperApp/Delete", 0, {"address": W5}) is None
    assert world.send(3000010, "User/Create", 3000010, {"handle": "y"}, by=W5) is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (["https://b.example", "https://c.example", "https://b.example"], ["https://b.example", "https://c.example"]),
        (["https://a.example", "https://b.example"], ["https://a.example", "https://b.example"]),
        ([f"u{number:02}" for number in range(51)], [f"u{number:02}" for number in range(50)]),
        (["x" * 2_000], ["x" * 2_000]),
        (["x" * 2_001, "https://b.example"], ["https://a.example"]),
        (["é" * 1_301], ["https://a.example"]),
        (["https://b.example", 7], ["https://a.example"]),
        ("https://b.example", ["https://a.example"]),
        ([], []),
        (None, []),
    ],
)
def test_where_an_app_redirects_to_is_replaced(world: World, sent: Any, stored: list[str]) -> None:
    assert world.send(U1, "DeveloperApp/Create", 0, APP | {"redirect_uris": ["https://a.example"]}) is None
    assert [row.created_at for row in world.all(RedirectUriRow)] == [B.replace(tzinfo=UTC)]
    assert world.send(U1, "DeveloperApp/Update", 0, {"address": W5, "name": "N"}) is None
    assert uris(world) == ["https://a.example"]
    said = {"address": W5, "name": "N", "redirect_uris": sent}
    assert world.send(U1, "DeveloperApp/Update", 0, said) is None
    assert uris(world) == stored
    assert world.trips == 0


def test_scenario_141_an_app_may_act_at_once_a_user_is_asked(world: World) -> None:
    world.put(app())
    assert world.send(U1, "Grant/Create", 0, {"grantee_address": W5.upper()}) is None
    assert world.trips == 0
    assert world.send(U1, "Grant/Create", 0, {"grantee_address": W2}) is None
    assert world.send(U1, "Grant/Create", 0, {"grantee_address": W4}) is Code.GRANTEE_INVALID
    to_app, to_user = world.the(GrantRow, W5, U1), world.the(GrantRow, W2, U1)
    assert (to_app.is_approved, to_app.is_revoked, to_user.is_approved, to_user.is_revoked) == (
        True,
        False,
        None,
        False,
    )
    assert (to_user.created_at, to_user.updated_at, to_user.blocknumber, to_user.is_current) == (B, B, 10, True)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, Code.GRANTEE_MISSING),
        ({"grantee_address": 5}, Code.GRANTEE_MISSING),
        ({"grantee_address": W5}, Code.GRANTEE_INVALID),
        ({"grantee_address": W3}, Code.GRANTEE_INVALID),
        (None, Code.METADATA_MISSING),
    ],
)
def test_who_cannot_be_granted_anything(world: World, sent: Any, code: Code) -> None:
    world.put(app(is_delete=True), world.the(UserRow, U3).but(is_deactivated=True))
    assert world.send(U1, "Grant/Create", 0, sent) is code


def test_who_is_both_an_app_and_a_user_is_an_app(world: World) -> None:
    world.put(app(address=W2))
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.the(GrantRow, W2, U1).is_approved


def test_scenario_142_a_grantee_agrees_once(world: World) -> None:
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is Code.GRANT_NOT_APPROVED
    world.next_block()
    assert world.send(U2, "Grant/Approve", 0, {"grantor_user_id": U1}) is None
    assert world.trips == 0
    agreed = world.the(GrantRow, W2, U1)
    assert (agreed.is_approved, agreed.is_revoked, agreed.created_at, agreed.updated_at) == (True, False, B, world.time)
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is None
    assert world.the(TrackRow, T1).owner_id == U1
    for action in ("Approve", "Reject"):
        assert world.send(U2, f"Grant/{action}", 0, {"grantor_user_id": U1}) is Code.ALREADY_APPROVED


def test_scenario_143_a_grantee_declines(world: World) -> None:
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.send(U2, "Grant/Reject", 0, {"grantor_user_id": U1}) is None
    declined = world.the(GrantRow, W2, U1)
    assert (declined.is_approved, declined.is_revoked) == (False, True)
    assert world.send(U2, "Grant/Approve", 0, {"grantor_user_id": U1}) is Code.GRANT_REVOKED
    assert world.send(U2, "Grant/Reject", 0, {"grantor_user_id": U1}) is Code.GRANT_REVOKED


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"grantor_user_id": U1, "grantee_address": W2.upper()}, None),
        ({"grantor_user_id": U1, "grantee_address": W3}, Code.GRANTEE_INVALID),
        ({"grantor_user_id": U3}, Code.NOT_FOUND),
        ({"grantor_user_id": 2**40}, Code.NOT_FOUND),
        ({"grantor_user_id": str(U1)}, Code.GRANTOR_MISSING),
        ({}, Code.GRANTOR_MISSING),
        (None, Code.METADATA_MISSING),
    ],
)
@pytest.mark.parametrize("action", ["Approve", "Reject"])
def test_what_is_answered(world: World, action: str, sent: Any, code: Code | None) -> None:
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.send(U2, f"Grant/{action}", 0, sent) is code
    assert world.send(U3, f"Grant/{action}", 0, {"grantor_user_id": U1}, by=W1) is Code.SIGNER_UNAUTHORIZED


def test_a_manager_answers_for_whom_it_manages(world: World) -> None:
    """The grantee's own wallet is looked up, whoever signs for it."""
    world.put(GrantRow(grantee_address=W3, user_id=U2, is_approved=True, **STAMPED))
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.send(U2, "Grant/Approve", 0, {"grantor_user_id": U1}, by=W3) is None
    assert world.the(GrantRow, W2, U1).is_approved
    assert world.get(GrantRow, W3, U1) is None


@pytest.mark.parametrize("by", [W1, W2])
@pytest.mark.parametrize("is_approved", [None, True])
@pytest.mark.parametrize("is_deactivated", [False, True])
def test_scenario_144_either_side_ends_it(
    world: World, by: str, is_approved: bool | None, *, is_deactivated: bool
) -> None:
    world.put(GrantRow(grantee_address=W2, user_id=U1, is_approved=is_approved, **STAMPED))
    world.put(world.the(UserRow, U2).but(is_deactivated=is_deactivated))
    assert world.send(U1, "Grant/Delete", 0, TO_OTHER, by=by) is None
    ended = world.the(GrantRow, W2, U1)
    assert (ended.is_revoked, ended.is_approved, ended.created_at) == (True, is_approved, STAMPED["created_at"])
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is Code.GRANT_REVOKED
    assert world.send(U1, "Grant/Delete", 0, TO_OTHER, by=by) is Code.NO_ACTIVE_RECORD


def test_an_app_of_the_manager_ends_it_too(world: World) -> None:
    world.put(app(user_id=U3), GrantRow(grantee_address=W5, user_id=U2, **STAMPED))
    world.put(GrantRow(grantee_address=W2, user_id=U1, is_approved=True, **STAMPED))
    assert world.send(U1, "Grant/Delete", 0, TO_OTHER, by=W3) is Code.SIGNER_UNAUTHORIZED
    assert world.send(U1, "Grant/Delete", 0, TO_OTHER, by=W5) is None
    assert world.the(GrantRow, W2, U1).is_revoked


def test_a_grantee_ends_its_own_grant_only(world: World) -> None:
    world.put(GrantRow(grantee_address=W3, user_id=U1, is_approved=True, **STAMPED))
    world.put(GrantRow(grantee_address=W2, user_id=U1, **STAMPED))
    to_third = {"grantee_address": W3}
    assert world.send(U1, "Grant/Delete", 0, to_third, by=W2) is Code.GRANT_NOT_APPROVED
    assert world.send(9, "Grant/Delete", 0, to_third, by=W3) is Code.SIGNER_UNKNOWN_USER
    assert world.send(U1, "Grant/Delete", 0, {}, by=W1) is Code.GRANTEE_MISSING
    assert world.send(U1, "Grant/Delete", 0) is Code.METADATA_MISSING
    assert world.send(U2, "Grant/Delete", 0, to_third) is Code.NO_ACTIVE_RECORD


def test_scenario_145_asking_again_after_a_revocation(world: World) -> None:
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    assert world.send(U2, "Grant/Approve", 0, {"grantor_user_id": U1}) is None
    assert world.send(U1, "Grant/Delete", 0, TO_OTHER) is None
    world.next_block()
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is None
    [again] = world.all(GrantRow)
    assert (again.is_revoked, again.is_approved, again.created_at) == (False, None, B + timedelta(seconds=60))


@pytest.mark.parametrize("is_approved", [None, True, False])
def test_scenario_146_a_grant_that_stands(world: World, is_approved: bool | None) -> None:
    world.put(GrantRow(grantee_address=W2, user_id=U1, is_approved=is_approved, **STAMPED))
    assert world.send(U1, "Grant/Create", 0, TO_OTHER) is Code.DUPLICATE
    assert world.the(GrantRow, W2, U1).is_approved is is_approved
