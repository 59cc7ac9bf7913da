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
    user = known_user(tx, state)
    check_signer(tx.signer, user, state)
    return user


def known_user(tx: EntityTransaction, state: State) -> UserRow:
    """Return the user that the transaction names, signed for or not; raises Reject for one without a wallet."""
    user = state.get(UserRow, tx.user_id)
    if user is None or not user.wallet:
        raise Reject(Code.SIGNER_UNKNOWN_USER, "user_id")
    return user


def check_signer(signer: str, user: UserRow, state: State) -> None:
    """Reject a signer that is neither the user's wallet nor one that the user has let act for it."""
    if not is_wallet_of(user, signer):
        _check_grant(signer, user.user_id, state)


def grant_wants(tx: EntityTransaction, state: State) -> list[Key]:
    """Name what decides where another than the user's own wallet signs; nothing where the user is not loaded."""
    user = state.held(UserRow, tx.user_id)
    if user is None or not user.wallet or is_wallet_of(user, tx.signer):
        return []
    return _grant_wants(tx.signer, tx.user_id)


def check_verifier(tx: EntityTransaction) -> None:
    """Reject a transaction that is not signed by the network's verifier."""
    if not tx.rules.verifier_address or tx.signer != tx.rules.verifier_address:
        raise Reject(Code.VERIFIER_MISMATCH, "signer")


def is_wallet_of(user: UserRow, address: str) -> bool:
    """Tell whether the lower-case address is the user's wallet."""
    return (user.wallet or "").lower() == address


def is_active_app(state: State, address: str) -> bool:
    """Tell whether an app that is not deleted signs with the address."""
    app = state.get(DeveloperAppRow, address)
    return app is not None and not app.is_delete


def active_users(state: State, address: str) -> list[UserRow]:
    """Return the users who are not deactivated and have the wallet: one, where the rules were kept from the start."""
    return [user for user in state.many(UserRow, "wallet", address) if user.is_current and not user.is_deactivated]


def _check_grant(signer: str, user_id: int, state: State) -> None:
    state.need(_grant_wants(signer, user_id))
    grant = state.get(GrantRow, signer, user_id)
    if grant is None:
        raise Reject(Code.SIGNER_UNAUTHORIZED, "signer")
    if grant.is_revoked:
        raise Reject(Code.GRANT_REVOKED, "signer")
    if is_active_app(state, signer):
        return
    if not active_users(state, signer):
        raise Reject(Code.GRANTEE_INVALID, "signer")
    if not grant.is_approved:
        raise Reject(Code.GRANT_NOT_APPROVED, "signer")


def _grant_wants(signer: str, user_id: int) -> list[Key]:
    return [
        one(GrantRow, signer, user_id),
        one(DeveloperAppRow, signer),
        every(UserRow, "wallet", signer),
    ]
