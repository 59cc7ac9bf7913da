"""What users say to being named as collaborators of a track (domain: chain and entities, 5.2.9)."""

from collections.abc import Iterator

from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.tracks import ACCEPTED, PENDING, REJECTED, TrackCollaboratorRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Approve and Reject read."""
    yield signer_wants(tx)
    yield one(TrackCollaboratorRow, tx.entity_id, tx.user_id)


@handles("TrackCollaborator", "Approve", wants=wants)
def approve(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Agree to be a collaborator of a track."""
    yield _answered(tx, state, (PENDING,), ACCEPTED)


@handles("TrackCollaborator", "Reject", wants=wants)
def reject(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Refuse to be a collaborator, or stop being one."""
    yield _answered(tx, state, (PENDING, ACCEPTED), REJECTED)


def _answered(tx: EntityTransaction, state: State, before: tuple[str, ...], after: str) -> TrackCollaboratorRow:
    check_ids(tx)
    authorize(tx, state)
    stored = state.get(TrackCollaboratorRow, tx.entity_id, tx.user_id)
    if stored is None or stored.status not in before:
        raise Reject(Code.NOT_PENDING, "entity_id")
    return stored.but(status=after, updated_at=tx.block_time, txhash=tx.tx_hash, blocknumber=tx.block_number)
