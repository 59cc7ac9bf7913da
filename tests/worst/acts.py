"""A small world, and for every wire pair a transaction that its rules take, for tests to swell, repeat and mutate."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from backbeat.chain.proto import core_pb2
from backbeat.index.entities.playlists import columns as playlist_columns
from backbeat.index.entities.tracks import columns as track_columns
from backbeat.index.entities.users import columns as user_columns
from builders.chain import entity

OWNER, OTHER = 3_000_001, 3_000_002
TRACK, FOREIGN, PLAYLIST, ALBUM, COMMENT, EVENT = 2_000_001, 2_000_002, 400_001, 400_002, 4_000_001, 900_001
NEW = {"User": 3_100_000, "Track": 2_100_000, "Playlist": 410_000, "Comment": 4_100_000, "Event": 910_000}
FREE_KEY = 9  # a wallet of which nobody has made a user


class Act(NamedTuple):
    """What is said to whom; ``before`` makes it so that it can be said, ``key`` is the wallet that signs."""

    user_id: int
    entity_id: int
    payload: dict[str, Any] | None = None
    before: tuple[str, ...] = ()
    key: int = 1


CONTEST = {"event_type": "remix_contest", "entity_type": "track", "entity_id": TRACK, "end_date": "2030-01-01"}
ABOUT = {"entity_id": TRACK, "body": "hi"}
ON_COMMENT = {"entity_id": TRACK}

ACTS: dict[str, Act] = {
    "User/Create": Act(NEW["User"], NEW["User"], {"handle": "newcomer"}, key=FREE_KEY),
    "User/Update": Act(OWNER, OWNER, {"location": "here"}),
    "User/Verify": Act(OWNER, OWNER, {"is_verified": True}),
    "*/Follow": Act(OWNER, OTHER),
    "*/Unfollow": Act(OWNER, OTHER, before=("*/Follow",)),
    "*/Save": Act(OWNER, FOREIGN, {"is_save_of_repost": False}),
    "*/Unsave": Act(OWNER, FOREIGN, before=("*/Save",)),
    "*/Repost": Act(OWNER, FOREIGN, {"is_repost_of_repost": False}),
    "*/Unrepost": Act(OWNER, FOREIGN, before=("*/Repost",)),
    "Track/Create": Act(OWNER, NEW["Track"], {"title": "Song", "owner_id": OWNER}),
    "Track/Update": Act(OWNER, TRACK, {"mood": "Cool"}),
    "Track/Delete": Act(OWNER, NEW["Track"], before=("Track/Create",)),
    "Playlist/Create": Act(OWNER, NEW["Playlist"], {"playlist_name": "List"}),
    "Playlist/Update": Act(OWNER, PLAYLIST, {"is_private": True}),
    "Playlist/Delete": Act(OWNER, NEW["Playlist"], before=("Playlist/Create",)),
    "Comment/Create": Act(OWNER, NEW["Comment"], ABOUT),
    "Comment/Update": Act(OWNER, COMMENT, ABOUT),
    "Comment/Delete": Act(OWNER, NEW["Comment"], before=("Comment/Create",)),
    "Comment/React": Act(OWNER, COMMENT),
    "Comment/Unreact": Act(OWNER, COMMENT, before=("Comment/React",)),
    "Comment/Report": Act(OWNER, COMMENT),
    "Comment/Pin": Act(OWNER, COMMENT, ON_COMMENT),
    "Comment/Unpin": Act(OWNER, COMMENT, ON_COMMENT, before=("Comment/Pin",)),
    "Event/Create": Act(OWNER, NEW["Event"], {"event_type": "live_event", "end_date": "2030-01-01"}),
    "Event/Update": Act(OWNER, EVENT, {"event_data": {"title": "Remix it"}}),
    "Event/Delete": Act(OWNER, NEW["Event"], before=("Event/Create",)),
}
"""By wire pair; ``*`` stands for whatever type the action is for."""

TYPE_OF = {"Follow": "User", "Unfollow": "User"}
FIRST = [
    ("User/Create", 1, OWNER, OWNER, {"handle": "owner"}),
    ("User/Create", 2, OTHER, OTHER, {"handle": "other"}),
    ("Track/Create", 1, OWNER, TRACK, {"title": "Mine", "owner_id": OWNER}),
    ("Track/Create", 2, OTHER, FOREIGN, {"title": "Theirs", "owner_id": OTHER}),
    ("Playlist/Create", 1, OWNER, PLAYLIST, {"playlist_name": "Mix"}),
    ("Playlist/Create", 1, OWNER, ALBUM, {"playlist_name": "LP", "is_album": True}),
    ("Comment/Create", 1, OWNER, COMMENT, ABOUT),
    ("Event/Create", 1, OWNER, EVENT, CONTEST),
]

KEYS: dict[str, list[str]] = {
    "User": [*user_columns.COLUMNS, "handle", "events"],
    "Track": [
        *(*track_columns.COLUMNS_ON_CREATE, "release_date", "collaborators", "cover_art", "owner_id"),
    ],
    "Playlist": [*playlist_columns.COLUMNS_ON_CREATE, "release_date", "playlist_contents"],
    "Comment": [
        *("body", "entity_type", "entity_id", "track_timestamp_s", "mentions", "parent_comment_id", "parent_id"),
        *("is_members_only", "video_url"),
    ],
    "Event": ["event_type", "entity_type", "entity_id", "end_date", "event_data"],
    "*": ["type", "is_save_of_repost", "is_repost_of_repost"],
}
"""What a payload of an entity type is read for."""

_nonces = count(1)


def wire_name(pair: str) -> str:
    """Return the pair as it is written on the wire."""
    entity_type, action = pair.split("/")
    return f"{TYPE_OF.get(action, 'Track')}/{action}" if entity_type == "*" else pair


def keys_of(pair: str) -> list[str]:
    """Return the payload keys that the pair's handler may read."""
    return KEYS[pair.split("/", maxsplit=1)[0]]


def signed(key: int, user_id: int, pair: str, entity_id: int, payload: Any) -> core_pb2.SignedTransaction:
    """Return a signed transaction like no other; a payload that is text is sent as it is."""
    text = payload if isinstance(payload, str) else "" if payload is None else wrapped(payload)
    return entity(key, user_id, wire_name(pair), entity_id, text, next(_nonces))


def wrapped(payload: Any) -> str:
    """Return the metadata that clients send."""
    return json.dumps({"cid": "", "data": payload}, separators=(",", ":"), ensure_ascii=False)


def act(
    pair: str, more: Mapping[str, Any] | None = None, *, entity_id: int | None = None
) -> core_pb2.SignedTransaction:
    """Return the pair's transaction, with more or other payload if given, about another thing if given."""
    it = ACTS[pair]
    said = {**(it.payload or {}), **(more or {})} or None
    return signed(it.key, it.user_id, pair, it.entity_id if entity_id is None else entity_id, said)


def first_block() -> Iterator[core_pb2.SignedTransaction]:
    """Yield the transactions that make the world."""
    for pair, key, user_id, entity_id, payload in FIRST:
        yield signed(key, user_id, pair, entity_id, payload)


def run_up(pair: str, entity_id: int | None = None) -> list[core_pb2.SignedTransaction]:
    """Return what has to be said before the pair's transaction can be."""
    return [act(before, entity_id=entity_id) for before in ACTS[pair].before]
