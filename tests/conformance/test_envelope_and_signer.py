"""Scenarios 26 to 38 and 41: payload envelopes and who may sign."""

import json

import pytest
from conformance.world import STAMPED, T1, U1, U2, W2, W4, W5, World

from backbeat.index.reject import Code
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.social import FollowRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow


def app(*, is_delete: bool = False) -> DeveloperAppRow:
    return DeveloperAppRow(address=W5, user_id=U2, name="App", is_delete=is_delete, **STAMPED)


def grant(grantee: str, *, user: int = U1, approved: bool | None = None, revoked: bool = False) -> GrantRow:
    return GrantRow(grantee_address=grantee, user_id=user, is_approved=approved, is_revoked=revoked, **STAMPED)


def test_scenario_026_follow_ignores_what_is_not_json(world: World) -> None:
    assert world.send(U2, "User/Follow", U1, "not json") is None
    assert not world.the(FollowRow, U2, U1).is_delete


def test_scenario_027_a_list_is_no_payload(world: World) -> None:
    assert world.send(U1, "Track/Create", 2000010, "[1]") is Code.METADATA_MISSING


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\uDFFF"])
def test_scenario_028_what_text_columns_refuse_is_dropped(world: World, escape: str) -> None:
    metadata = json.dumps({"data": {"title": "A?B", "owner_id": U1}}).replace("?", escape)
    assert world.send(U1, "Track/Create", 2000010, metadata) is None
    assert world.the(TrackRow, 2000010).title == "AB"


@pytest.mark.parametrize(("sent", "stored"), [("120", 90), (120, 120), (0, 90), (None, None), (True, 90)])
def test_scenario_029_a_number_in_a_string_is_no_number(world: World, sent: object, stored: float | None) -> None:
    assert world.send(U1, "Track/Update", T1, {"bpm": 90}) is None
    assert world.send(U1, "Track/Update", T1, {"bpm": sent}) is None
    assert world.the(TrackRow, T1).bpm == stored


def test_scenario_030_lengths_count_code_points(world: World) -> None:
    assert world.send(U1, "User/Update", U1, {"bio": "😀" * 256}) is None
    assert world.the(UserRow, U1).bio == "😀" * 256
    assert world.send(U1, "User/Update", U1, {"bio": "😀" * 257}) is Code.BIO_TOO_LONG


def test_scenario_031_a_stranger_may_not_sign(world: World) -> None:
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_scenario_032_an_app_needs_no_approval(world: World) -> None:
    world.put(app(), grant(W5))
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W5) is None
    assert world.the(TrackRow, T1).mood == "Cool"


def test_scenario_033_a_deleted_app_may_not_sign(world: World) -> None:
    world.put(app(is_delete=True), grant(W5))
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W5) is Code.GRANTEE_INVALID


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (grant(W2), Code.GRANT_NOT_APPROVED),
        (grant(W2, approved=False), Code.GRANT_NOT_APPROVED),
        (grant(W2, approved=True), None),
        (grant(W2, approved=True, revoked=True), Code.GRANT_REVOKED),
    ],
)
def test_scenario_034_a_manager_needs_approval(world: World, given: GrantRow, code: Code | None) -> None:
    world.put(given)
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is code
    assert world.the(TrackRow, T1).owner_id == U1


def test_scenario_035_a_deactivated_manager_may_not_sign(world: World) -> None:
    world.put(grant(W2, approved=True), world.the(UserRow, U2).but(is_deactivated=True))
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W2) is Code.GRANTEE_INVALID


def test_scenario_036_a_grant_reaches_one_hop(world: World) -> None:
    world.put(app(), grant(W2, approved=True), grant(W5, user=U2))
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by=W5) is Code.SIGNER_UNAUTHORIZED


def test_scenario_037_nobody_may_not_sign(world: World) -> None:
    assert world.send(3999999, "User/Follow", U1, by=W4) is Code.SIGNER_UNKNOWN_USER


def test_a_user_without_wallet_may_not_sign(world: World) -> None:
    world.put(world.the(UserRow, U2).but(wallet=None))
    assert world.send(U2, "User/Follow", U1, by=W2) is Code.SIGNER_UNKNOWN_USER


def test_scenario_038_the_case_of_a_wallet_does_not_matter(world: World) -> None:
    world.put(world.the(UserRow, U1).but(wallet="0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"))
    assert world.send(U1, "Track/Update", T1, {"mood": "Cool"}, by="0x7e5F4552091A69125d5DfCb7b8C2659029395BDF") is None


@pytest.mark.parametrize("pair", ["track/Create", "Track/create", "UserReplicaSet/Update", "Playlist/Download"])
def test_scenario_041_names_are_taken_literally(world: World, pair: str) -> None:
    assert world.send(U1, pair, 2000010, {"title": "A", "owner_id": U1}) is Code.UNSUPPORTED_ENTITY
