"""Who may sign for a user (domain: chain and entities, 4.4)."""

from backbeat.index.reject import Code, Reject
from backbeat.index.rows.access import DeveloperAppRow, GrantRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one


def signer_wants(tx: EntityTransaction) -> Key:
    """Name the row that decides in nearly every case: the user's own, with its wallet."""
    return one(UserRow, tx.user_id)


def authorize(tx: EntityTransaction, state: State) -> UserRow:
    """Return the user for whom the transaction is signed; raises Reject unless the signer may act for that user.

    The wallet's owner may, and a grantee of that user: an app always, another user once approved. A
    deactivated user still signs for itself.
    """
    user = state.get(UserRow, tx.user_id)
    if user is None or not user.wallet:
        raise Reject(Code.SIGNER_UNKNOWN_USER, "user_id")
    if tx.signer != user.wallet.lower():
        _check_grant(tx, state)
    return user


def is_active_app(state: State, address: str) -> bool:
    """Tell whether an app that is not deleted signs with the address."""
    app = state.get(DeveloperAppRow, address)
    return app is not None and not app.is_delete


def _check_grant(tx: EntityTransaction, state: State) -> None:
    state.need(_grant_wants(tx))
    grant = state.get(GrantRow, tx.signer, tx.user_id)
    if grant is None:
        raise Reject(Code.SIGNER_UNAUTHORIZED, "signer")
    if grant.is_revoked:
        raise Reject(Code.GRANT_REVOKED, "signer")
    if is_active_app(state, tx.signer):
        return
    if not any(user.is_current and not user.is_deactivated for user in state.many(UserRow, "wallet", tx.signer)):
        raise Reject(Code.GRANTEE_INVALID, "signer")
    if not grant.is_approved:
        raise Reject(Code.GRANT_NOT_APPROVED, "signer")


def _grant_wants(tx: EntityTransaction) -> list[Key]:
    return [
        one(GrantRow, tx.signer, tx.user_id),
        one(DeveloperAppRow, tx.signer),
        every(UserRow, "wallet", tx.signer),
    ]
