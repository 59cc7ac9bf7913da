"""Wallets of the protocol's dashboard, each assigned to a user (domain: chain and entities, 5.9.2)."""

from collections.abc import Iterator

from backbeat.index.payload.ids import decode_id
from backbeat.index.payload.metadata import Payload, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.users import UserRow
from backbeat.index.rows.wallets import DashboardWalletRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.proofs import Proof, eth_signer, is_timely, proof_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import is_wallet_of, known_user, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

WALLET, BY_WALLET, BY_USER = "wallet", "wallet_signature", "user_signature"
SIGNED_WITHIN_SECONDS = 300
WALLET_MESSAGE_BEGINS = ["Connecting", "Audius", "user"]
USER_MESSAGE_BEGINS = "Connecting Audius protocol dashboard wallet "


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create and Delete read."""
    yield signer_wants(tx)
    if wallet := _sent_wallet(tx):
        yield one(DashboardWalletRow, wallet)


@handles("DashboardWalletUser", "Create", wants=wants)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Assign a wallet to a user: one of the two signs the transaction, the other a text in the payload.

    A genesis migration carries the assignment without the text, ended ones too.
    """
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    wallet = _wallet(tx)
    user = _signing_user(tx, wallet, state)
    stored = state.get(DashboardWalletRow, wallet)
    if stored is not None and (tx.is_migrated or not stored.is_delete):
        raise Reject(Code.ALREADY_EXISTS, WALLET)
    if not tx.is_migrated:
        _check_proofs(tx, payload, wallet, user)
    yield DashboardWalletRow(
        wallet=wallet,
        user_id=tx.user_id,
        is_delete=tx.is_migrated and carried_flag(payload, "is_delete"),
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )


@handles("DashboardWalletUser", "Delete", wants=wants)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """End an assignment, as the user who has it or with the wallet itself."""
    record_id(tx.user_id, "user_id")
    payload_of(tx)
    wallet = _wallet(tx)
    user = _signing_user(tx, wallet, state)
    stored = state.get(DashboardWalletRow, wallet)
    if stored is None:
        raise Reject(Code.NOT_FOUND, WALLET)
    if stored.is_delete:
        raise Reject(Code.DELETED, WALLET)
    if is_wallet_of(user, tx.signer) and stored.user_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    yield stored.but(is_delete=True, updated_at=tx.block_time, **stamp(tx))


def _sent_wallet(tx: EntityTransaction) -> str:
    return text(tx.metadata or {}, WALLET).lower()


def _wallet(tx: EntityTransaction) -> str:
    wallet = _sent_wallet(tx)
    if not wallet:
        raise Reject(Code.WALLET_MISSING, WALLET)
    return wallet


def _signing_user(tx: EntityTransaction, wallet: str, state: State) -> UserRow:
    """Return the user; raises Reject unless its own wallet or the dashboard's signs. Grants do not help."""
    user = known_user(tx, state)
    if tx.signer != wallet and not is_wallet_of(user, tx.signer):
        raise Reject(Code.SIGNER_UNAUTHORIZED, "signer")
    return user


def _check_proofs(tx: EntityTransaction, payload: Payload, wallet: str, user: UserRow) -> None:
    """Reject unless the one that did not sign the transaction signed a text; whatever is signed has to be right."""
    needed = BY_WALLET if is_wallet_of(user, tx.signer) else BY_USER
    if needed == BY_WALLET or payload.get(BY_WALLET) is not None:
        proof = proof_of(payload, BY_WALLET)
        if proof is None or eth_signer(proof) != wallet or not _names_user(proof, user, tx):
            raise Reject(Code.WALLET_SIGNATURE_INVALID, BY_WALLET)
    if needed == BY_USER or payload.get(BY_USER) is not None:
        proof = proof_of(payload, BY_USER)
        if proof is None or not is_wallet_of(user, eth_signer(proof) or "") or not _names_wallet(proof, wallet, tx):
            raise Reject(Code.WALLET_SIGNATURE_INVALID, BY_USER)


def _names_user(proof: Proof, user: UserRow, tx: EntityTransaction) -> bool:
    """Tell whether a text is ``Connecting Audius user id ID at TIME`` or ``Connecting Audius user @HANDLE at TIME``."""
    match proof.message.split(" "):
        case [*begins, "id", user_id, "at", seconds]:
            is_named = decode_id(user_id) == user.user_id
        case [*begins, name, "at", seconds]:
            is_named = name.startswith("@") and name[1:].lower() == user.handle_lc
        case _:
            return False
    return begins == WALLET_MESSAGE_BEGINS and is_named and is_timely(seconds, tx.block_time, SIGNED_WITHIN_SECONDS)


def _names_wallet(proof: Proof, wallet: str, tx: EntityTransaction) -> bool:
    """Tell whether a text is ``Connecting Audius protocol dashboard wallet WALLET at TIME``."""
    words = proof.message.removeprefix(USER_MESSAGE_BEGINS).split(" ")
    is_named = len(words) >= 3 and words[-3].lower() == wallet  # noqa: PLR2004 - the third from the end
    is_begun = proof.message.startswith(USER_MESSAGE_BEGINS)
    return is_begun and is_named and is_timely(words[-1], tx.block_time, SIGNED_WITHIN_SECONDS)
