"""The network's verifier vouches for a user (domain: chain and entities, 5.1.4)."""

from collections.abc import Iterator

from backbeat.index.payload.bounds import bounded_text
from backbeat.index.payload.metadata import boolean, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import check_verifier, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction

PLATFORMS = ("twitter", "instagram", "tiktok")


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Verify reads."""
    yield signer_wants(tx)


@handles("User", "Verify", wants=wants)
def verify(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Verify a user, for good, and keep the accounts elsewhere by which it is known; only the verifier may sign."""
    record_id(tx.user_id, "user_id")
    check_verifier(tx)
    payload = payload_of(tx)
    stored = state.get(UserRow, tx.user_id)
    if stored is None:
        raise Reject(Code.NOT_FOUND, "user_id")
    is_verified = boolean(payload, "is_verified") is True
    handles_sent = {name: bounded_text(text(payload, f"{name}_handle"), f"{name}_handle") for name in PLATFORMS}
    known = {f"{platform}_handle": handle for platform, handle in handles_sent.items() if handle}
    proved = {f"verified_with_{platform}": True for platform, handle in handles_sent.items() if handle and is_verified}
    yield stored.but(
        is_verified=stored.is_verified or is_verified, **known, **proved, updated_at=tx.block_time, **stamp(tx)
    )
