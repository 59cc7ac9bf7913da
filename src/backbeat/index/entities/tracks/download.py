"""Downloads of tracks (domain: chain and entities, 5.2.12)."""

from collections.abc import Iterator

from backbeat.index.entities.tracks.lineage import parent_of_stem
from backbeat.index.payload.bounds import bounded_text
from backbeat.index.payload.metadata import Payload
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.tracks import TrackDownloadRow, TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Download reads."""
    yield signer_wants(tx)
    yield one(TrackRow, tx.entity_id)


@handles("Track", "Download", wants=wants)
def download(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Note that a track was downloaded, deleted as it may be, and from where if the payload says so."""
    check_ids(tx)
    authorize(tx, state)
    track = state.get(TrackRow, tx.entity_id)
    if track is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    payload = tx.metadata or {}
    yield TrackDownloadRow(
        parent_track_id=parent_of_stem(track) or track.track_id,
        track_id=track.track_id,
        user_id=tx.user_id,
        city=_place(payload, "city"),
        region=_place(payload, "region"),
        country=_place(payload, "country"),
        created_at=tx.block_time,
        txhash=tx.tx_hash,
        blocknumber=tx.block_number,
    )


def _place(payload: Payload, key: str) -> str | None:
    value = payload.get(key)
    return bounded_text(value, key) if isinstance(value, str) else None
