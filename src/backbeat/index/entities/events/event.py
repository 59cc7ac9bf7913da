"""Events, above all remix contests (domain: chain and entities, 5.6)."""

from collections.abc import Iterator
from typing import Any

from backbeat.index.content.contests import REMIX_CONTEST, TRACK, is_open_contest
from backbeat.index.entities.events.end_date import new_end_date, next_end_date
from backbeat.index.payload.bounds import bounded_document
from backbeat.index.payload.metadata import Payload, integer, present, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

EVENT_TYPES = frozenset({REMIX_CONTEST, "live_event", "new_release"})
ENTITY_TYPES = frozenset({TRACK, "collection", "user"})


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update and Delete read."""
    yield signer_wants(tx)
    yield one(EventRow, tx.entity_id)


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield from wants(tx)
    subject = integer((tx.metadata or {}).get("entity_id"))
    if subject is not None:
        yield one(TrackRow, subject)
        yield every(EventRow, "open", subject, REMIX_CONTEST)


def wants_then_of_update(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name the track of a contest whose winners may be named."""
    event = state.get(EventRow, tx.entity_id)
    if event is not None and event.entity_type == TRACK and present(tx.metadata or {}, "event_data"):
        yield one(TrackRow, event.entity_id)


@handles("Event", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Announce an event; a track has one open contest at a time, which only its owner can hold.

    What a genesis migration carries is over and done with: it is not held to what is open now.
    """
    check_ids(tx)
    payload = payload_of(tx)
    authorize(tx, state)
    if state.get(EventRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    event_type, entity_type, entity_id = _subject(payload)
    end_date = new_end_date(tx, payload, may_be_open=event_type != REMIX_CONTEST)
    track = _own_track(tx, entity_id, state) if entity_type == TRACK else None
    if event_type == REMIX_CONTEST and not tx.is_migrated:
        _check_contest(tx, entity_type, entity_id, track, state)
    yield EventRow(
        event_id=tx.entity_id,
        event_type=event_type,
        user_id=tx.user_id,
        entity_type=entity_type,
        entity_id=entity_id,
        end_date=end_date,
        is_deleted=tx.is_migrated and carried_flag(payload, "is_deleted"),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **_event_data(payload),
        **stamp(tx),
    )


@handles("Event", "Update", wants=wants, then=wants_then_of_update)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Postpone an event's end, or replace all that is told of it."""
    check_ids(tx)
    payload = payload_of(tx)
    authorize(tx, state)
    stored = _own_event(tx, state)
    yield stored.but(
        end_date=next_end_date(tx, payload, stored),
        updated_at=tx.block_time,
        **_event_data(payload),
        **stamp(tx),
    )


@handles("Event", "Delete", wants=wants)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Call an event off, which makes room for another."""
    check_ids(tx)
    authorize(tx, state)
    yield _own_event(tx, state).but(is_deleted=True, updated_at=tx.block_time, **stamp(tx))


def _subject(payload: Payload) -> tuple[str, str | None, int | None]:
    """Return what kind of event it is, and what kind of thing it is about and which; a contest is about something."""
    event_type, entity_type = text(payload, "event_type"), text(payload, "entity_type") or None
    entity_id = integer(payload.get("entity_id"))
    if event_type not in EVENT_TYPES:
        raise Reject(Code.METADATA_INVALID, "event_type")
    if entity_type not in {*ENTITY_TYPES, None} or (entity_type is None and event_type == REMIX_CONTEST):
        raise Reject(Code.METADATA_INVALID, "entity_type")
    if entity_id is None and (entity_type == TRACK or event_type == REMIX_CONTEST):
        raise Reject(Code.METADATA_INVALID, "entity_id")
    return event_type, entity_type, None if entity_id is None else record_id(entity_id, "entity_id")


def _own_track(tx: EntityTransaction, track_id: int | None, state: State) -> TrackRow:
    track = state.get(TrackRow, track_id)
    if track is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if track.owner_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    return track


def _own_event(tx: EntityTransaction, state: State) -> EventRow:
    stored = state.get(EventRow, tx.entity_id)
    if stored is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if stored.is_deleted:
        raise Reject(Code.DELETED, "entity_id")
    if stored.user_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    return stored


def _check_contest(
    tx: EntityTransaction, entity_type: str | None, entity_id: int | None, track: TrackRow | None, state: State
) -> None:
    others = state.many(EventRow, "open", entity_id, REMIX_CONTEST)
    if any(event.entity_type == entity_type and is_open_contest(event, tx.block_time) for event in others):
        raise Reject(Code.CONTEST_EXISTS, "entity_id")
    if track is not None and track.remix_of is not None:
        raise Reject(Code.TRACK_IS_REMIX, "entity_id")


def _event_data(payload: Payload) -> dict[str, Any]:
    """Return the column of what is told of an event, if the payload has something for it: an object, or null."""
    told = payload.get("event_data")
    if not present(payload, "event_data") or not isinstance(told, dict | None):
        return {}
    return {"event_data": bounded_document(told, "event_data")}
