"""Letting an app, or another user as a manager, act for a user (domain: chain and entities, 5.8)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import Payload, integer, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import active_users, authorize, check_signer, is_active_app, known_user, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

GRANTEE, GRANTOR = "grantee_address", "grantor_user_id"


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create and Delete read."""
    yield signer_wants(tx)
    if grantee := _sent_grantee(tx.metadata or {}):
        yield one(GrantRow, grantee, tx.user_id)
        yield one(DeveloperAppRow, grantee)
        yield every(UserRow, "wallet", grantee)


def wants_of_answer(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Approve and Reject read, mostly: the grantee's wallet signs, unless another grantee does for it."""
    yield signer_wants(tx)
    grantor = integer((tx.metadata or {}).get(GRANTOR))
    if grantor is not None:
        yield one(GrantRow, tx.signer, grantor)
        yield every(UserRow, "wallet", tx.signer)


@handles("Grant", "Create", wants=wants)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Let an app act for the user at once, or ask another user to manage it; also after a revocation."""
    record_id(tx.user_id, "user_id")
    grantee = _grantee(payload_of(tx))
    authorize(tx, state)
    is_app = is_active_app(state, grantee)
    if not is_app and not active_users(state, grantee):
        raise Reject(Code.GRANTEE_INVALID, GRANTEE)
    stored = state.get(GrantRow, grantee, tx.user_id)
    if stored is not None and not stored.is_revoked:
        raise Reject(Code.DUPLICATE, GRANTEE)
    yield GrantRow(
        grantee_address=grantee,
        user_id=tx.user_id,
        is_approved=True if is_app else None,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )


@handles("Grant", "Delete", wants=wants)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Revoke a grant, as the user or as the grantee."""
    record_id(tx.user_id, "user_id")
    grantee = _grantee(payload_of(tx))
    _authorize_revocation(tx, grantee, state)
    stored = state.get(GrantRow, grantee, tx.user_id)
    if stored is None or stored.is_revoked:
        raise Reject(Code.NO_ACTIVE_RECORD, GRANTEE)
    yield stored.but(is_revoked=True, updated_at=tx.block_time, **stamp(tx))


@handles("Grant", "Approve", wants=wants_of_answer)
def approve(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Agree to manage the user who asked."""
    yield _pending(tx, state).but(is_approved=True, updated_at=tx.block_time, **stamp(tx))


@handles("Grant", "Reject", wants=wants_of_answer)
def reject(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Decline to manage the user who asked; asking again takes another grant."""
    yield _pending(tx, state).but(is_approved=False, is_revoked=True, updated_at=tx.block_time, **stamp(tx))


def _sent_grantee(payload: Payload) -> str:
    return text(payload, GRANTEE).lower()


def _grantee(payload: Payload) -> str:
    grantee = _sent_grantee(payload)
    if not grantee:
        raise Reject(Code.GRANTEE_MISSING, GRANTEE)
    return grantee


def _authorize_revocation(tx: EntityTransaction, grantee: str, state: State) -> None:
    """Reject a signer who may act neither for the user nor for the user who is the grantee, deactivated or not."""
    user = known_user(tx, state)
    try:
        check_signer(tx.signer, user, state)
    except Reject:
        if not any(_may_act(tx.signer, each, state) for each in state.many(UserRow, "wallet", grantee)):
            raise


def _may_act(signer: str, user: UserRow, state: State) -> bool:
    if not user.is_current:
        return False
    try:
        check_signer(signer, user, state)
    except Reject:
        return False
    return True


def _pending(tx: EntityTransaction, state: State) -> GrantRow:
    """Return the grant to the user that awaits an answer; raises Reject."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    grantor = integer(payload.get(GRANTOR))
    if grantor is None:
        raise Reject(Code.GRANTOR_MISSING, GRANTOR)
    wallet = (authorize(tx, state).wallet or "").lower()
    if _sent_grantee(payload) not in {wallet, ""}:
        raise Reject(Code.GRANTEE_INVALID, GRANTEE)
    stored = state.get(GrantRow, wallet, grantor)
    if stored is None:
        raise Reject(Code.NOT_FOUND, GRANTOR)
    if stored.is_revoked:
        raise Reject(Code.GRANT_REVOKED, GRANTOR)
    if stored.is_approved:
        raise Reject(Code.ALREADY_APPROVED, GRANTOR)
    return stored
