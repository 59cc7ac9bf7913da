"""What handlers ask of a transaction before they look at any row (domain: chain and entities, 4.1 to 4.3)."""

from backbeat.index.payload.metadata import Payload, record_id
from backbeat.index.reject import Code, Reject
from backbeat.index.wire.transaction import EntityTransaction


def check_ids(tx: EntityTransaction, *, above: int = 0) -> None:
    """Reject a transaction whose user or entity id fits no row, or whose entity id is below ``above``."""
    record_id(tx.user_id, "user_id")
    record_id(tx.entity_id, "entity_id")
    if tx.entity_id < above:
        raise Reject(Code.ID_BELOW_OFFSET, "entity_id")


def payload_of(tx: EntityTransaction) -> Payload:
    """Return the payload; raises Reject for a transaction without one."""
    if tx.metadata is None:
        raise Reject(Code.METADATA_MISSING, "metadata")
    return tx.metadata
