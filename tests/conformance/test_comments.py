"""Scenarios 118 to 130: comments. Notifications (in 118, 120, 122, 129) are not made yet; counts are the triggers'."""

from typing import Any

import pytest
from conformance.world import C1, STAMP, STAMPED, T1, T2, T3, U1, U2, U3, W2, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.comments import (
    CommentMentionRow,
    CommentReactionRow,
    CommentReportRow,
    CommentRow,
    CommentThreadRow,
)
from backbeat.index.rows.tracks import TrackRow

WIRE_ACTS = {
    "Comment/Create": act.Act(act.OWNER, act.NEW["Comment"], act.ABOUT),
    "Comment/Update": act.Act(act.OWNER, act.COMMENT, act.ABOUT),
    "Comment/Delete": act.Act(act.OWNER, act.NEW["Comment"], before=("Comment/Create",)),
    "Comment/React": act.Act(act.OWNER, act.COMMENT),
    "Comment/Unreact": act.Act(act.OWNER, act.COMMENT, before=("Comment/React",)),
    "Comment/Report": act.Act(act.OWNER, act.COMMENT),
    "Comment/Pin": act.Act(act.OWNER, act.COMMENT, {"entity_id": act.TRACK}),
    "Comment/Unpin": act.Act(act.OWNER, act.COMMENT, {"entity_id": act.TRACK}, before=("Comment/Pin",)),
}
WIRE_KEYS = {
    "Comment": [
        *("body", "entity_type", "entity_id", "track_timestamp_s", "mentions", "parent_comment_id", "parent_id"),
        *("is_members_only", "video_url"),
    ]
}

NEW = 4000010
HI: dict[str, Any] = {"entity_id": T1, "entity_type": "Track", "body": "hi"}
CLUB: dict[str, Any] = {"entity_id": U1, "entity_type": "FanClub", "body": "x"}
PIN = {"entity_id": T1, "entity_type": "Track"}


def mentioned(world: World, comment_id: int = C1) -> set[int]:
    return {row.user_id for row in world.all(CommentMentionRow, comment_id=comment_id) if not row.is_delete}


def test_scenario_118_a_comment(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {**HI, "track_timestamp_s": 12, "mentions": []}) is None
    said = world.the(CommentRow, NEW)
    assert (said.text, said.user_id, said.entity_id, said.entity_type) == ("hi", U2, T1, "Track")
    assert (said.track_timestamp_s, said.is_delete, said.is_visible, said.is_edited) == (12, False, True, False)
    assert (said.is_members_only, said.video_url) == (False, None)
    assert (said.created_at, said.updated_at, said.blocknumber, said.blockhash) == (B, B, 10, "bb500")
    assert world.all(CommentThreadRow) == []


@pytest.mark.parametrize(
    ("comment_id", "changes", "code"),
    [
        (C1, {}, Code.ALREADY_EXISTS),
        (NEW, {"body": ""}, Code.BODY_EMPTY),
        (NEW, {"body": 7}, Code.BODY_EMPTY),
        (NEW, {"body": "😀" * 400}, None),
        (NEW, {"body": "😀" * 401}, Code.BODY_TOO_LONG),
        (NEW, {"entity_id": 2999999}, Code.NOT_FOUND),
        (NEW, {"entity_id": str(T1)}, Code.METADATA_INVALID),
        (NEW, {"entity_id": 2**31}, Code.ID_OUT_OF_RANGE),
        (NEW, {"entity_type": "Playlist"}, Code.UNSUPPORTED_ENTITY),
        (NEW, {"video_url": "v" * 2001}, Code.URL_TOO_LONG),
        (NEW, {"parent_comment_id": 4999999}, Code.NOT_FOUND),
        (NEW, {"mentions": ["alice"]}, Code.METADATA_INVALID),
        (NEW, {"mentions": {}}, Code.METADATA_INVALID),
        (NEW, {"mentions": None}, None),
        (NEW, {"mentions": [-1]}, Code.ID_OUT_OF_RANGE),
        (NEW, {"mentions": [U1] * 1_000}, None),
        (NEW, {"mentions": [U1] * 1_001}, Code.METADATA_INVALID),
        (2**31, {}, Code.ID_OUT_OF_RANGE),
        (5, {}, None),
    ],
)
def test_scenario_119_what_is_no_comment(
    world: World, comment_id: int, changes: dict[str, Any], code: Code | None
) -> None:
    assert world.send(U2, "Comment/Create", comment_id, HI | changes) is code


def test_a_comment_without_a_payload_or_by_a_stranger(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW) is Code.METADATA_MISSING
    assert world.send(U1, "Comment/Create", NEW, HI, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_what_is_about_nothing_in_particular_is_about_a_track(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {"entity_id": T1, "body": "hi"}) is None
    assert world.the(CommentRow, NEW).entity_type == "Track"


def test_deleted_tracks_are_commented_on(world: World) -> None:
    assert world.send(U1, "Track/Delete", T1) is None
    assert world.send(U2, "Comment/Create", NEW, HI) is None


@pytest.mark.parametrize("key", ["parent_comment_id", "parent_id"])
def test_scenario_120_an_answer(world: World, key: str) -> None:
    assert world.send(U3, "Comment/Create", NEW, {**HI, key: C1}) is None
    assert world.the(CommentThreadRow, C1, NEW).key() == (C1, NEW)
    assert world.send(U3, "Comment/Create", NEW + 1, {**HI, "entity_id": T2, key: C1}) is Code.PARENT_MISMATCH
    assert world.send(U3, "Comment/Create", NEW + 1, {**CLUB, "entity_id": T1, key: C1}) is Code.PARENT_MISMATCH
    assert world.all(CommentThreadRow) == [CommentThreadRow(parent_comment_id=C1, comment_id=NEW)]


@pytest.mark.parametrize("parent", [0, -1, None, "4000001", True])
def test_no_parent(world: World, parent: object) -> None:
    assert world.send(U3, "Comment/Create", NEW, {**HI, "parent_comment_id": parent}) is None
    assert world.all(CommentThreadRow) == []


def test_answers_to_what_was_deleted_and_answers_that_were_there(world: World) -> None:
    world.put(CommentThreadRow(parent_comment_id=C1, comment_id=NEW + 1))
    assert world.send(U2, "Comment/Delete", C1) is None
    assert world.send(U3, "Comment/Create", NEW, {**HI, "parent_comment_id": C1}) is None
    assert world.send(U3, "Comment/Create", NEW + 1, {**HI, "parent_comment_id": C1}) is Code.DUPLICATE


def test_scenario_121_ten_mentions_at_most(world: World) -> None:
    users = [*range(1, 10), 9, 10, 11]  # one of them twice
    assert world.send(U2, "Comment/Create", NEW, {**HI, "mentions": users}) is None
    assert mentioned(world, NEW) == set(range(1, 10))
    assert world.send(U2, "Comment/Create", NEW + 1, {**HI, "mentions": list(range(1, 13))}) is None
    assert mentioned(world, NEW + 1) == set(range(1, 11))


def test_scenario_122_a_mention(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {**HI, "mentions": [U1]}) is None
    mention = world.the(CommentMentionRow, NEW, U1)
    assert (mention.is_delete, mention.created_at, mention.blocknumber, mention.blockhash) == (False, B, 10, "bb500")


def test_scenario_123_an_edit_is_the_authors(world: World) -> None:
    edit = {"entity_id": T1, "body": "new"}
    assert world.send(U3, "Comment/Update", C1, edit) is Code.NOT_OWNER
    assert world.send(U1, "Comment/Update", C1, edit) is Code.NOT_OWNER
    assert world.send(U2, "Comment/Update", C1, edit) is None
    said = world.the(CommentRow, C1)
    assert (said.text, said.is_edited, said.updated_at, said.blocknumber) == ("new", True, B, 10)
    assert said.created_at < B


@pytest.mark.parametrize(
    ("comment_id", "changes", "code"),
    [
        (NEW, {}, Code.NOT_FOUND),
        (C1, {"body": ""}, Code.BODY_EMPTY),
        (C1, {"body": "x" * 401}, Code.BODY_TOO_LONG),
        (C1, {"entity_id": 2999999}, Code.NOT_FOUND),
        (C1, {"mentions": [None]}, Code.METADATA_INVALID),
    ],
)
def test_what_is_no_edit(world: World, comment_id: int, changes: dict[str, Any], code: Code) -> None:
    assert world.send(U2, "Comment/Update", comment_id, HI | changes) is code


def test_an_edit_keeps_the_video_unless_it_comes_with_one(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {**HI, "video_url": "https://v.example"}) is None
    assert world.send(U2, "Comment/Update", NEW, HI) is None
    assert world.the(CommentRow, NEW).video_url == "https://v.example"
    assert world.send(U2, "Comment/Update", NEW, {**HI, "video_url": None}) is None
    assert world.the(CommentRow, NEW).video_url is None


def test_scenario_124_mentions_are_replaced_by_others_and_not_by_nobody(world: World) -> None:
    assert world.send(U2, "Comment/Update", C1, {**HI, "mentions": [U3]}) is None
    world.next_block()
    assert world.send(U2, "Comment/Update", C1, {**HI, "mentions": [U1]}) is None
    assert mentioned(world) == {U1}
    assert world.the(CommentMentionRow, C1, U3).is_delete
    world.next_block()
    assert world.send(U2, "Comment/Update", C1, {**HI, "mentions": []}) is None
    assert mentioned(world) == {U1}
    assert world.send(U2, "Comment/Update", C1, {**HI, "mentions": [U3, U1]}) is None
    assert mentioned(world) == {U1, U3}
    revived, kept = world.the(CommentMentionRow, C1, U3), world.the(CommentMentionRow, C1, U1)
    assert (revived.created_at, revived.blocknumber, kept.blocknumber) == (B, 12, 11)


@pytest.mark.parametrize(
    ("user", "code"), [(U1, None), (U2, None), (U3, Code.NOT_OWNER)], ids=["owner of the track", "author", "other"]
)
def test_scenario_125_who_may_delete(world: World, user: int, code: Code | None) -> None:
    assert world.send(user, "Comment/Delete", C1) is code
    said = world.the(CommentRow, C1)
    assert said.is_delete is (code is None)
    if code is None:
        assert (said.updated_at, said.blocknumber) == (B, 10)
        assert world.send(user, "Comment/Delete", C1) is Code.DELETED
        assert world.send(U2, "Comment/Update", C1, HI) is Code.DELETED
        assert world.send(U2, "Comment/Create", C1, HI) is Code.ALREADY_EXISTS


def test_a_comment_of_a_fan_club_is_deleted_by_its_author(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {**CLUB, "entity_id": T1}) is None  # a number is no track here
    assert world.send(U1, "Comment/Delete", NEW) is Code.NOT_OWNER
    assert world.send(U2, "Comment/Delete", NEW) is None


def test_scenario_126_reactions(world: World) -> None:
    assert world.send(U1, "Comment/React", C1, PIN) is None
    assert world.send(U1, "Comment/React", C1, PIN) is Code.DUPLICATE
    assert world.send(U1, "Comment/Unreact", C1, PIN) is None
    assert world.the(CommentReactionRow, C1, U1).is_delete
    assert world.send(U1, "Comment/Unreact", C1) is Code.NO_ACTIVE_RECORD
    world.next_block()
    assert world.send(U1, "Comment/React", C1) is None
    [liked] = world.all(CommentReactionRow)
    assert (liked.is_delete, liked.created_at, liked.blocknumber) == (False, B, 11)


def test_what_is_not_there_cannot_be_liked(world: World) -> None:
    assert world.send(U1, "Comment/React", NEW) is Code.NOT_FOUND
    assert world.send(U2, "Comment/Delete", C1) is None
    assert world.send(U1, "Comment/React", C1) is Code.DELETED
    assert world.send(U1, "Comment/React", C1, by=W2) is Code.SIGNER_UNAUTHORIZED


def test_scenario_127_pins(world: World) -> None:
    assert world.send(U1, "Comment/Pin", C1, PIN) is None
    track = world.the(TrackRow, T1)
    assert (track.pinned_comment_id, track.updated_at, track.blocknumber) == (C1, B, 10)
    assert world.send(U1, "Comment/Pin", C1, PIN) is Code.DUPLICATE
    assert world.send(U2, "Comment/Pin", C1, PIN) is Code.NOT_OWNER
    assert world.send(U1, "Comment/Unpin", C1, PIN) is None
    assert world.the(TrackRow, T1).pinned_comment_id is None
    assert world.send(U1, "Comment/Unpin", C1, PIN) is Code.NO_ACTIVE_RECORD


@pytest.mark.parametrize(
    ("user", "comment_id", "payload", "code"),
    [
        (U1, C1, None, Code.METADATA_MISSING),
        (U1, C1, {}, Code.METADATA_INVALID),
        (U1, NEW, PIN, Code.NOT_FOUND),
        (U1, C1, {"entity_id": 2999999}, Code.NOT_FOUND),
        (U1, C1, {"entity_id": T2}, Code.PARENT_MISMATCH),
        (U2, C1, {"entity_id": T3}, Code.PARENT_MISMATCH),
        (U1, C1, {"entity_id": T3}, Code.NOT_OWNER),
    ],
)
def test_what_is_no_pin(world: World, user: int, comment_id: int, payload: object, code: Code) -> None:
    assert world.send(user, "Comment/Pin", comment_id, payload) is code
    assert world.send(user, "Comment/Unpin", comment_id, payload) is code


def test_another_comment_takes_the_place_and_an_edit_of_the_track_keeps_it(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, HI) is None
    assert world.send(U1, "Comment/Pin", C1, PIN) is None
    assert world.send(U1, "Comment/Pin", NEW, PIN) is None
    assert world.send(U1, "Track/Update", T1, {"description": "x"}) is None
    assert world.the(TrackRow, T1).pinned_comment_id == NEW


def test_scenario_128_a_report(world: World) -> None:
    assert world.send(U3, "Comment/Report", C1) is None
    assert world.send(U3, "Comment/Report", C1) is Code.DUPLICATE
    [report] = world.all(CommentReportRow)
    assert (report.key(), report.is_delete, report.created_at) == ((C1, U3), False, B)
    assert world.send(U3, "Comment/Report", NEW) is Code.NOT_FOUND


def test_scenario_130_fan_clubs(world: World) -> None:
    assert world.send(U2, "Comment/Create", NEW, {**CLUB, "is_members_only": True}) is None
    said = world.the(CommentRow, NEW)
    assert (said.entity_type, said.entity_id, said.is_members_only) == ("FanClub", U1, True)
    assert world.send(U2, "Comment/Create", NEW + 1, {**HI, "is_members_only": True}) is Code.MEMBERS_ONLY_SCOPE


def test_rows_of_an_older_program_are_judged_by_what_null_means(world: World) -> None:
    old = {**STAMPED, "is_delete": None, "is_visible": None, "is_edited": None}
    world.put(
        CommentRow(comment_id=NEW, text="x", user_id=U2, entity_id=T1, entity_type="Track", **old),
        CommentReactionRow(comment_id=NEW, user_id=U3, **{**STAMPED, "is_delete": None}),
    )
    assert world.send(U3, "Comment/React", NEW) is Code.DUPLICATE
    assert world.send(U3, "Comment/Unreact", NEW) is None
    assert world.send(U2, "Comment/Delete", NEW) is None
    assert STAMP["blocknumber"] != world.the(CommentRow, NEW).blocknumber
