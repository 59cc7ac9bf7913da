"""How a user shows its collectibles (domain: chain and entities, 5.9.3)."""

from collections.abc import Iterator

from backbeat.index.payload.bounds import bounded_document
from backbeat.index.payload.metadata import record_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.wallets import CollectiblesRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp, with_zone
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

KEY = "collectibles"


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what both actions read."""
    yield signer_wants(tx)
    yield one(CollectiblesRow, tx.user_id)


@handles("Collectibles", "Create", "Update", wants=wants)
def arrange(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Arrange a user's collectibles in place of what was; an empty object shows none."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    user = authorize(tx, state)
    data = payload.get(KEY)
    if not isinstance(data, dict):
        raise Reject(Code.METADATA_INVALID, KEY)
    stored = state.get(CollectiblesRow, tx.user_id)
    now = with_zone(tx.block_time)
    yield CollectiblesRow(
        user_id=tx.user_id,
        data=bounded_document(data, KEY),
        created_at=stored.created_at if stored else now,
        updated_at=now,
        blockhash=tx.block_hash,
        blocknumber=tx.block_number,
    )
    if user.has_collectibles != bool(data):
        yield user.but(has_collectibles=bool(data), updated_at=tx.block_time, **stamp(tx))
