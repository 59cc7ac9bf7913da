"""What a comment says and about what, as a payload puts it (domain: chain and entities, 5.5.1)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backbeat.index.payload.metadata import Payload, boolean, integer, present, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.comments import FAN_CLUB, TRACK
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

BODY_CHARACTERS_MAX = 400
URL_CHARACTERS_MAX = 2_000


class Body(NamedTuple):
    """A sound payload. ``entity_id`` names a track that exists, or for a fan club a user, whether it exists or not."""

    entity_type: str
    entity_id: int
    text: str
    is_members_only: bool
    video_url: str | None


def body_wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what :func:`read_body` reads."""
    track_id = number(tx.metadata or {}, "entity_id")
    if track_id is not None:
        yield one(TrackRow, track_id)


def read_body(payload: Payload, state: State) -> Body:
    """Return what the payload says; raises Reject."""
    entity_type, entity_id = _subject(payload, state)
    said = text(payload, "body")
    if not said:
        raise Reject(Code.BODY_EMPTY, "body")
    if len(said) > BODY_CHARACTERS_MAX:
        raise Reject(Code.BODY_TOO_LONG, "body")
    is_members_only = boolean(payload, "is_members_only") is True
    if is_members_only and entity_type != FAN_CLUB:
        raise Reject(Code.MEMBERS_ONLY_SCOPE, "is_members_only")
    video_url = text(payload, "video_url")
    if len(video_url) > URL_CHARACTERS_MAX:
        raise Reject(Code.URL_TOO_LONG, "video_url")
    return Body(entity_type, entity_id, said, is_members_only, video_url or None)


def replaced_video(payload: Payload, body: Body) -> dict[str, Any]:
    """Return the column of the video that comes with an edit; one that was not sent stays."""
    return {"video_url": body.video_url} if present(payload, "video_url") else {}


def parent_of(payload: Payload) -> int | None:
    """Return the comment that is answered, under either of its names; None if the comment answers none."""
    named = (number(payload, key) for key in ("parent_comment_id", "parent_id"))
    return next((parent for parent in named if parent is not None and parent > 0), None)


def number(payload: Payload, key: str) -> int | None:
    """Return a number as an integer, None for any other value or none."""
    return integer(payload.get(key))


def _subject(payload: Payload, state: State) -> tuple[str, int]:
    entity_type = text(payload, "entity_type") or TRACK
    if entity_type not in {TRACK, FAN_CLUB}:
        raise Reject(Code.UNSUPPORTED_ENTITY, "entity_type")
    entity_id = number(payload, "entity_id")
    if entity_id is None:
        raise Reject(Code.METADATA_INVALID, "entity_id")
    record_id(entity_id, "entity_id")
    if entity_type == TRACK and state.get(TrackRow, entity_id) is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    return entity_type, entity_id
