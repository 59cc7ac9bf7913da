"""Plays that a genesis migration tells of without carrying them (domain: chain and entities, 8.4).

The payload is the one that the network's own node reads: ``delta``, a number that is added to what was counted. So a
second one of a track adds to the first.
"""

from collections.abc import Iterator

from backbeat.index.payload.metadata import int4, integer, record_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.plays import ToldPlaysRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import migrates
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

DELTA = "delta"


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what was told of the track so far."""
    yield one(ToldPlaysRow, tx.entity_id)


@migrates("PlayCount", "Reconcile", wants=wants)
def reconcile(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Add to what a track was played, whether or not the track is there yet. It is nobody's track to sign for."""
    track_id = record_id(tx.entity_id, "entity_id")
    delta = integer(payload_of(tx).get(DELTA))
    if delta is None:
        raise Reject(Code.METADATA_INVALID, DELTA)
    told = state.get(ToldPlaysRow, track_id)
    yield ToldPlaysRow(track_id=track_id, plays=int4(delta + (told.plays if told else 0), DELTA))
