"""Every field of every payload with every kind of value, against what the rules of the network say becomes of it."""

import json

import pytest
from fields.field import Field, Pair
from fields.stage import judge, key_of, name_of, payload, rows, staged
from fields.table import PAIRS
from worst.acts import KEYS

from backbeat.index.entities import ROUTES
from backbeat.index.reject import Code

FIELDS = [pytest.param(pair, field, id=f"{pair.name}-{field.key}") for pair in PAIRS for field in pair.fields]


@pytest.mark.parametrize(("pair", "field"), FIELDS)
def test_what_becomes_of_a_field(pair: Pair, field: Field) -> None:
    found = [(tried.group, tried.name, judge(pair, field, tried).problem) for tried in field.cells]
    assert not [each for each in found if each[-1]]


PAYLOADS_UNREAD = {
    *("User/Mute", "User/Unmute", "MutedUser/Mute", "MutedUser/Unmute", "Track/Delete", "Track/Mute", "Track/Unmute"),
    *("Playlist/Delete", "*/Follow", "*/Unfollow", "*/Subscribe", "*/Unsubscribe", "Comment/Delete", "Comment/React"),
    *("Comment/Unreact", "Comment/Report", "Comment/Mute", "Comment/Unmute", "Event/Delete", "Notification/View"),
    *("Notification/ViewPlaylist", "TrackCollaborator/Approve", "TrackCollaborator/Reject"),
}
SAID_ONCE = {"*/Unsave": "*/Save", "*/Unrepost": "*/Repost"}  # the keys of the one are those of the other


def test_every_wire_pair_is_in_the_table() -> None:
    declared = {name_of(pair) for pair in PAIRS}
    wild = {f"*/{name.partition('/')[2]}" for name in declared}
    known = {"/".join(pair) for pair in ROUTES}
    assert known - declared - wild == PAYLOADS_UNREAD | SAID_ONCE.keys()


GO_ON_WITHOUT = {
    *("User/Create", "Track/Download", "Track/Save", "Playlist/Save", "Track/Repost", "Playlist/Repost"),
    *("Track/Share", "Playlist/Share"),
}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_what_is_no_object_is_no_payload(pair: Pair) -> None:
    expected = None if pair.name in GO_ON_WITHOUT else Code.METADATA_MISSING
    for metadata in ("", "not json", "[1]", "7", '"x"', "true", "null", '{"a": 1', "[" * 100):
        world = staged(pair, pair.fields[0])
        assert world.send(pair.user_id, name_of(pair), pair.entity_id, metadata, by=pair.by) is expected


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_payload_says_the_same_wrapped_and_not(pair: Pair) -> None:
    said = payload(pair, pair.fields[0], pair.fields[0].cells[0].sent)
    found = []
    for document in (said, {"data": said}, {"cid": None, "data": said, "unheard of": 1}):
        world = staged(pair, pair.fields[0])
        world.send(pair.user_id, name_of(pair), pair.entity_id, json.dumps(document), by=pair.by)
        found.append(rows(world))
    assert found[0] == found[1] == found[2]


UNREAD = {"MutedUser", "TrackCollaborator"}
TOLD_AS_IT_IS = {"Notification"}  # whatever its keys


@pytest.mark.parametrize("name", sorted(KEYS.keys() - UNREAD - TOLD_AS_IT_IS))
def test_every_key_that_a_handler_reads_is_in_the_table(name: str) -> None:
    """Of an entity type, or of one wire pair, or of what is for every type."""
    any_type = {f"{item}/{action}" for item in ("Track", "Playlist") for action in ("Save", "Repost", "Share")}
    declared = {
        key_of(field)
        for pair in PAIRS
        if (pair.name in any_type if name == "*" else pair.name.startswith(name))
        for field in pair.fields
    }
    assert set(KEYS[name]) <= declared
