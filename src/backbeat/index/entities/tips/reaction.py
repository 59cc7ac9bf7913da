"""Reacting to a tip (domain: chain and entities, 5.10)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import integer, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change, Gone
from backbeat.index.rows.tips import ReactionRow, TipRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

TIP = "tip"
VALUES = range(1, 5)


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads, but for who sent the tip."""
    yield signer_wants(tx)
    if signature := text(tx.metadata or {}, "reacted_to"):
        yield every(TipRow, "signature", signature, tx.user_id)
        yield every(ReactionRow, "subject", signature, TIP)


def wants_then(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name who sent the tip."""
    if signature := text(tx.metadata or {}, "reacted_to"):
        tips = state.many(TipRow, "signature", signature, tx.user_id)
        yield from (one(UserRow, tip.sender_user_id) for tip in tips[:1])


@handles("Tip", "Update", wants=wants, then=wants_then)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """React to a tip that one received, in place of what one said before."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    value = integer(payload.get("reaction_value"))
    if value is None or value not in VALUES:
        raise Reject(Code.REACTION_INVALID, "reaction_value")
    signature = text(payload, "reacted_to")
    wallet = _sender_wallet(tx, signature, state)
    for earlier in state.many(ReactionRow, "subject", signature, TIP):
        yield Gone(earlier)
    yield ReactionRow(
        id=state.fresh_id(),
        reaction_value=value,
        sender_wallet=wallet,
        reaction_type=TIP,
        reacted_to=signature,
        timestamp=tx.block_time,
        blocknumber=tx.block_number,
    )


def _sender_wallet(tx: EntityTransaction, signature: str, state: State) -> str:
    """Return the wallet of the user who sent the tip; without a tip to this user, or a wallet, there is none."""
    tips = state.many(TipRow, "signature", signature, tx.user_id) if signature else []
    sender = state.get(UserRow, tips[0].sender_user_id) if tips else None
    if sender is None or not sender.wallet:
        raise Reject(Code.TIP_NOT_FOUND, "reacted_to")
    return sender.wallet
