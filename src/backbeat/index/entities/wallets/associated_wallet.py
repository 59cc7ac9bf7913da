"""Wallets that a user proves to have besides its own (domain: chain and entities, 5.9.1)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import Payload, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.wallets import AssociatedWalletRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.proofs import Proof, bounded_proof, eth_signer, is_signed_by_sol, proof_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every

ETH, SOL = "eth", "sol"
CHAINS = (ETH, SOL)
WALLET, CHAIN, SIGNATURE = "wallet_address", "chain", "signature"
WALLET_IN_GO, SIGNATURE_IN_GO = "wallet", "wallet_signature"
"""The keys that the network's own indexer in Go reads; no known client sends them."""


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield signer_wants(tx)
    payload = tx.metadata or {}
    if (chain := text(payload, CHAIN)) in CHAINS:
        wallet = _spelt(_sent_wallet(payload), chain)
        yield every(AssociatedWalletRow, "own", tx.user_id, wallet, chain)
        yield every(AssociatedWalletRow, "holder", wallet, chain)


def wants_of_delete(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Delete reads."""
    yield signer_wants(tx)
    payload = tx.metadata or {}
    for chain in _chains(payload):
        yield every(AssociatedWalletRow, "own", tx.user_id, _spelt(_sent_wallet(payload), chain), chain)


@handles("AssociatedWallet", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Add a wallet that signed for it, and take it from whichever user had it; one's own again changes nothing.

    A genesis migration carries it as it was, without a signature and without taking it from anybody.
    """
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    sent, chain = _wallet(payload), text(payload, CHAIN)
    if chain not in CHAINS:
        raise Reject(Code.CHAIN_INVALID, CHAIN)
    wallet = _spelt(sent, chain)
    if tx.is_migrated:
        yield from _carried(tx, payload, wallet, chain, state)
        return
    _check_proof(tx, payload, wallet, chain)
    for held in state.many(AssociatedWalletRow, "holder", wallet, chain):
        if held.user_id != tx.user_id:
            yield _taken(held, tx)
    stored = next(iter(state.many(AssociatedWalletRow, "own", tx.user_id, wallet, chain)), None)
    if stored is None or not _is_active(stored):
        yield AssociatedWalletRow(
            id=stored.id if stored else state.fresh_id(),
            user_id=tx.user_id,
            wallet=wallet,
            chain=chain,
            created_at=stored.created_at if stored else tx.block_time,
            updated_at=tx.block_time,
            blockhash=tx.block_hash,
            blocknumber=tx.block_number,
        )


@handles("AssociatedWallet", "Delete", wants=wants_of_delete)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Remove a wallet, of whatever chain if none is named."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    sent, chains = _wallet(payload), _chains(payload)
    if not chains:
        raise Reject(Code.CHAIN_INVALID, CHAIN)
    owned = (
        row
        for chain in chains
        for row in state.many(AssociatedWalletRow, "own", tx.user_id, _spelt(sent, chain), chain)
    )
    active = [row for row in owned if _is_active(row)]
    if not active:
        raise Reject(Code.NOT_FOUND, WALLET)
    for row in active:
        yield _taken(row, tx)


def _carried(
    tx: EntityTransaction, payload: Payload, wallet: str, chain: str, state: State
) -> Iterator[AssociatedWalletRow]:
    if state.many(AssociatedWalletRow, "own", tx.user_id, wallet, chain):
        return
    is_delete = carried_flag(payload, "is_delete")
    yield AssociatedWalletRow(
        id=state.fresh_id(),
        user_id=tx.user_id,
        wallet=wallet,
        chain=chain,
        is_current=not is_delete,
        is_delete=is_delete,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        blockhash=tx.block_hash,
        blocknumber=tx.block_number,
    )


def _is_active(row: AssociatedWalletRow) -> bool:
    return row.is_current and not row.is_delete


def _taken(row: AssociatedWalletRow, tx: EntityTransaction) -> AssociatedWalletRow:
    return row.but(
        is_current=False,
        is_delete=True,
        updated_at=tx.block_time,
        blockhash=tx.block_hash,
        blocknumber=tx.block_number,
    )


def _sent_wallet(payload: Payload) -> str:
    return text(payload, WALLET) or text(payload, WALLET_IN_GO)


def _wallet(payload: Payload) -> str:
    wallet = _sent_wallet(payload)
    if not wallet:
        raise Reject(Code.WALLET_MISSING, WALLET)
    return wallet


def _chains(payload: Payload) -> tuple[str, ...]:
    """Return the chain that is named, both where none is, none where it is another."""
    chain = text(payload, CHAIN)
    return tuple(known for known in CHAINS if chain in {known, ""})


def _spelt(wallet: str, chain: str) -> str:
    """Return the wallet as it is stored: the case of a Solana address matters."""
    return wallet.lower() if chain == ETH else wallet


def _check_proof(tx: EntityTransaction, payload: Payload, wallet: str, chain: str) -> None:
    message = f"AudiusUserID:{tx.user_id}"
    proof = bounded_proof(message, text(payload, SIGNATURE)) or proof_of(payload, SIGNATURE_IN_GO)
    if proof is None or proof.message != message or not _is_proved(wallet, chain, proof):
        raise Reject(Code.WALLET_SIGNATURE_INVALID, SIGNATURE)


def _is_proved(wallet: str, chain: str, proof: Proof) -> bool:
    return eth_signer(proof) == wallet if chain == ETH else is_signed_by_sol(wallet, proof)
