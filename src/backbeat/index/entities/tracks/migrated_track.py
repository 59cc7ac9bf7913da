"""Tracks that a genesis migration carries over (domain: chain and entities, 8.4)."""

from collections.abc import Iterator

from backbeat.index.content.carried import carried_route, carried_route_wants
from backbeat.index.content.prices import track_price
from backbeat.index.entities.tracks.columns import columns_on_create
from backbeat.index.entities.tracks.track import links_of_new, wants_of_create
from backbeat.index.payload.metadata import integer
from backbeat.index.payload.slugs import route_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.tracks import TrackRouteRow, TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import migrates
from backbeat.index.wire.signer import authorize
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what is read."""
    yield from wants_of_create(tx)
    yield from carried_route_wants(TrackRouteRow, tx)


@migrates("Track", "Create", wants=wants)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a track as it was, deleted ones too; texts, gates and consent are not held to the rules for new ones."""
    check_ids(tx)
    payload = payload_of(tx)
    if integer(payload.get("owner_id")) != tx.user_id:
        raise Reject(Code.OWNER_MISMATCH, "owner_id")
    owner = authorize(tx, state)
    if state.get(TrackRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    columns = columns_on_create(tx, payload)
    title = columns.get("title") or ""
    yield TrackRow(
        track_id=tx.entity_id,
        owner_id=tx.user_id,
        route_id=route_id(owner.handle, tx.user_id, title),
        is_delete=carried_flag(payload, "is_delete"),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    yield from links_of_new(tx, payload, state)
    yield from track_price(tx, payload, state)
    if route := carried_route(TrackRouteRow, tx, title, state):
        yield route
