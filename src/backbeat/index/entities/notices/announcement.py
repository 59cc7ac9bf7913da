"""What the network announces to everybody (domain: chain and entities, 5.12)."""

from collections.abc import Iterator

from backbeat.index.payload.bounds import bounded_document
from backbeat.index.payload.metadata import record_id
from backbeat.index.row import Change
from backbeat.index.rows.notices import NotificationRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import check_verifier
from backbeat.index.wire.transaction import EntityTransaction

TYPE = "announcement"


def wants(_tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads: nothing."""
    yield from ()


@handles("Notification", "Create", wants=wants)
def create(tx: EntityTransaction, _state: State) -> Iterator[Change]:
    """Announce something to everybody, the first time in a block; only the verifier may sign."""
    record_id(tx.user_id, "user_id")
    check_verifier(tx)
    yield NotificationRow(
        group_id=f"{TYPE}:blocknumber:{tx.block_number}",
        specifier="",
        type=TYPE,
        timestamp=tx.block_time,
        data=bounded_document(payload_of(tx), "metadata"),
        user_ids=(),
        blocknumber=tx.block_number,
    )
