"""Tracks (domain: chain and entities, 5.2)."""

from collections.abc import Iterator
from typing import Any

from backbeat.index.content.contests import contest_wants
from backbeat.index.content.gating import GATING_KEYS, check_track_gates, is_gated
from backbeat.index.content.owned import owned
from backbeat.index.content.permalinks import first_route, next_route, next_route_wants, route_wants, slug_wants
from backbeat.index.content.prices import track_price
from backbeat.index.content.remixes import first_named
from backbeat.index.entities.events.contest import subscribe_to_contest, subscription_wants
from backbeat.index.entities.tracks.collaborators import change_collaborators, collaborator_wants, sent_collaborators
from backbeat.index.entities.tracks.columns import check_track_text, columns_on_create, columns_on_update
from backbeat.index.entities.tracks.lineage import REMIX_OF, change_remixes, drop_stems, new_stem, remix_parents
from backbeat.index.payload.ids import TRACK_ID_MIN
from backbeat.index.payload.metadata import Payload, integer, text
from backbeat.index.payload.slugs import route_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.tracks import (
    RemixRow,
    StemRow,
    TrackPriceRow,
    TrackRouteRow,
    TrackRow,
)
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

CONSENT = "ai_attribution_user_id"


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield from _wants_of_payload(tx)
    payload = tx.metadata or {}
    if title := text(payload, "title"):
        yield from route_wants(TrackRouteRow, tx, title)
    remix_of = payload.get(REMIX_OF)
    if isinstance(remix_of, dict):
        yield every(RemixRow, "child", tx.entity_id)
        if (parent := first_named(remix_of)) is not None:
            yield contest_wants(parent)


def wants_then_of_create(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name what Create reads besides: of contests that are entered, and the slugs behind those that are taken."""
    payload = tx.metadata or {}
    if (parent := first_named(payload.get(REMIX_OF))) is not None:
        yield from subscription_wants(tx, parent, state)
    if title := text(payload, "title"):
        yield from slug_wants(TrackRouteRow, tx, title, state)


def wants_of_update(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads."""
    yield from _wants_of_payload(tx)
    if REMIX_OF in (tx.metadata or {}):
        yield every(RemixRow, "child", tx.entity_id)


def wants_then_of_update(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name what Update reads besides, where it shows a track to everybody or gives it another title.

    A track that is not there may be one of the same batch.
    """
    payload = tx.metadata or {}
    stored = state.get(TrackRow, tx.entity_id)
    if payload.get("is_unlisted") is False and (stored is None or stored.is_unlisted):
        yield contest_wants(tx.entity_id)
        remix_of = payload.get(REMIX_OF, stored.remix_of if stored else None)
        if (parent := first_named(remix_of)) is not None:
            yield contest_wants(parent)
    title = text(payload, "title")
    if title and (stored is None or title != stored.title):
        yield from next_route_wants(TrackRouteRow, tx, title, state)


def wants_of_delete(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Delete reads."""
    yield signer_wants(tx)
    yield one(TrackRow, tx.entity_id)
    yield every(StemRow, "child", tx.entity_id)


@handles("Track", "Create", wants=wants_of_create, then=wants_then_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a track."""
    check_ids(tx, above=TRACK_ID_MIN)
    payload = payload_of(tx)
    if not text(payload, "title"):
        raise Reject(Code.TITLE_MISSING, "title")
    if integer(payload.get("owner_id")) != tx.user_id:
        raise Reject(Code.OWNER_MISMATCH, "owner_id")
    check_track_text(payload)
    check_track_gates(payload)
    owner = authorize(tx, state)
    if state.get(TrackRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    columns = columns_on_create(tx, payload)
    _check_consent(columns, None, state)
    yield TrackRow(
        track_id=tx.entity_id,
        owner_id=tx.user_id,
        route_id=route_id(owner.handle, tx.user_id, columns["title"]),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    yield from links_of_new(tx, payload, state)
    if (parents := remix_parents(payload)) and columns.get("stem_of") is None:
        yield from subscribe_to_contest(tx, parents[0], state)
    yield from track_price(tx, payload, state)
    yield first_route(TrackRouteRow, tx, columns["title"], state)


@handles("Track", "Update", wants=wants_of_update, then=wants_then_of_update)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Change what the payload names; the rest of the track stays."""
    check_ids(tx)
    payload = payload_of(tx)
    check_track_text(payload)
    if not payload.keys().isdisjoint(GATING_KEYS):
        check_track_gates(payload)
    owner = authorize(tx, state)
    stored = owned(TrackRow, tx, state)
    if is_gated(payload) and stored.stem_of is not None:
        raise Reject(Code.GATING_INVALID, "stem_of")
    columns = columns_on_update(tx, payload, stored)
    _check_consent(columns, stored.ai_attribution_user_id, state)
    if (title := columns.get("title")) and title != stored.title:
        columns["route_id"] = route_id(owner.handle, tx.user_id, title)
        yield from next_route(TrackRouteRow, tx, title, state)
    yield stored.but(**columns, updated_at=tx.block_time, **stamp(tx))
    if REMIX_OF in payload:
        yield from change_remixes(tx, remix_parents(payload), state)
    users = sent_collaborators(tx, payload)
    if users is not None:
        yield from change_collaborators(tx, users, state)
    yield from track_price(tx, payload, state)


@handles("Track", "Delete", wants=wants_of_delete)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Delete a track for good; links, remixes and playlists keep naming it."""
    check_ids(tx)
    authorize(tx, state)
    stored = owned(TrackRow, tx, state)
    yield stored.but(is_delete=True, stem_of=None, updated_at=tx.block_time, **stamp(tx))
    yield from drop_stems(tx, state)


def _wants_of_payload(tx: EntityTransaction) -> Iterator[Key]:
    yield signer_wants(tx)
    yield one(TrackRow, tx.entity_id)
    payload = tx.metadata or {}
    yield from collaborator_wants(tx, payload)
    if is_gated(payload):
        yield every(TrackPriceRow, "item", tx.entity_id)
    imitated = integer(payload.get(CONSENT))
    if imitated is not None:
        yield one(UserRow, imitated)


def _check_consent(columns: dict[str, Any], stored: int | None, state: State) -> None:
    """Reject an attribution to a user who did not agree to be imitated; what was stored before is not checked again."""
    user_id = columns.get(CONSENT)
    if user_id is None or user_id == stored:
        return
    user = state.get(UserRow, user_id)
    if user is None or not user.allow_ai_attribution:
        raise Reject(Code.AI_ATTRIBUTION_DENIED, CONSENT)


def links_of_new(tx: EntityTransaction, payload: Payload, state: State) -> Iterator[Change]:
    """Link a new track to the tracks that it is made of and to the people it names."""
    yield from new_stem(tx, payload)
    if parents := remix_parents(payload):
        yield from change_remixes(tx, parents, state)
    if users := sent_collaborators(tx, payload):
        yield from change_collaborators(tx, users, state)
