"""What the chain explorer's audit tables hold of a block (domain: chain and entities, section 2.7).

Rows are made of the bytes of transactions, which the block loop otherwise does not read. Whatever they hold can be
stored: a text loses its NULs, an address is cut, a number of 64 bits that a column of 32 takes is held to its bounds.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Block, Kind, Transaction
from backbeat.chain.proto import core_pb2

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Rows by table, in the order of the chain."""

ADDRESS_CHARACTERS_MAX: Final = 100  # an Ethereum address has 42; an index entry has to fit on a page
ACTIVE: Final = "active"
DEREGISTERED: Final = "deregistered"

_INT32_MAX: Final = 2**31 - 1


class _Place:
    """Where a transaction stands, and the rows of its batch, to which they are added."""

    def __init__(self, rows: Rows, block: Block, transaction: Transaction) -> None:
        self.rows = rows
        self.time = block.time
        self.height = block.height
        self._stamp = {"block_height": block.height, "tx_hash": transaction.hash}

    def add(self, table: str, **values: Any) -> None:
        self.rows[table].append(values | self._stamp)


_Audit = Callable[[_Place, core_pb2.SignedTransaction], "tuple[str, str | None]"]
"""Adds what is special to a kind; returns the type of the transaction and its address."""


def audit_rows(blocks: list[Block]) -> Rows:
    """Return the rows of ``blocks``; the hash of a transaction has to be known."""
    rows: Rows = defaultdict(list)
    for block in blocks:
        rows["etl_blocks"].append(
            {"proposer_address": _text(block.proposer), "block_height": block.height, "block_time": _at(block.time)}
        )
        for index, transaction in enumerate(block.transactions):
            if transaction.hash:
                _audit(rows, block, index, transaction)
    return rows


def _audit(rows: Rows, block: Block, index: int, transaction: Transaction) -> None:
    place = _Place(rows, block, transaction)
    audit = _AUDITS.get(transaction.kind)
    tx_type, address = audit(place, _signed(transaction)) if audit else (transaction.kind.value, None)
    place.add("etl_transactions", tx_index=index, tx_type=tx_type, address=address, created_at=_at(block.time))
    if address and audit is not _plays:
        rows["etl_addresses"].append(
            {"address": address, "first_seen_block_height": block.height, "created_at": _at(block.time)}
        )


def _signed(transaction: Transaction) -> core_pb2.SignedTransaction:
    """Return the message of a transaction; a genesis migration's stands under a case that the protocol file lacks."""
    sent = transaction.entity
    if transaction.kind is not Kind.MIGRATION or sent is None:
        return core_pb2.SignedTransaction.FromString(transaction.raw)
    names = [field.name for field in core_pb2.ManageEntityLegacy.DESCRIPTOR.fields]
    entity = core_pb2.ManageEntityLegacy(**{name: getattr(sent, name) for name in names})
    return core_pb2.SignedTransaction(manage_entity=entity)


def _migration(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    _, signer = _manage_entity(place, signed)
    return Kind.MIGRATION.value, signer


def _plays(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.plays.plays
    for play in sent:
        time = to_datetime(play.timestamp) if play.HasField("timestamp") else None
        place.add(
            "etl_plays",
            user_id=_text(play.user_id),
            track_id=_text(play.track_id),
            city=_text(play.city),
            region=_text(play.region),
            country=_text(play.country),
            played_at=_at(time or place.time),
            listened_at=_at(time or place.time),
            recorded_at=_at(place.time),
        )
    return "play", _address(sent[0].user_id) if sent else None


def _manage_entity(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.manage_entity
    signer = _address(sent.signer)
    place.add(
        "etl_manage_entities",
        address=signer or "",
        entity_type=_text(sent.entity_type),
        entity_id=sent.entity_id,
        action=_text(sent.action),
        metadata=_text(sent.metadata) or None,
        signature=_text(sent.signature),
        signer=signer or "",
        nonce=_text(sent.nonce),
        created_at=_at(place.time),
    )
    return "manage_entity", signer


def _registration_legacy(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.validator_registration
    _register(place, sent, "", _text(sent.eth_block))
    return "validator_registration_legacy", None


def _misbehavior(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.validator_deregistration
    comet_address = _address(sent.comet_address)
    place.add(
        "etl_validator_misbehavior_deregistrations",
        comet_address=comet_address or "",
        pub_key=_bytes(sent.pub_key),
        created_at=_at(place.time),
    )
    _deregister(place, comet_address)
    return "validator_misbehavior_deregistration", comet_address


def _attestation(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.attestation
    if sent.HasField("validator_registration"):
        registration = sent.validator_registration
        wallet = _address(registration.delegate_wallet)
        _register(place, registration, wallet or "", str(registration.eth_block))
        return "validator_registration", wallet
    if sent.HasField("validator_deregistration"):
        deregistration = sent.validator_deregistration
        comet_address = _address(deregistration.comet_address)
        place.add(
            "etl_validator_deregistrations",
            comet_address=comet_address or "",
            comet_pubkey=_bytes(deregistration.pub_key),
        )
        _deregister(place, comet_address)
        return "validator_deregistration", comet_address
    return "attestation", None


def _register(
    place: _Place,
    sent: core_pb2.ValidatorRegistration | core_pb2.ValidatorRegistrationLegacy,
    address: str,
    eth_block: str,
) -> None:
    comet_address = _address(sent.comet_address) or ""
    same = {
        "address": address,
        "endpoint": _text(sent.endpoint),
        "comet_address": comet_address,
        "node_type": _text(sent.node_type),
        "spid": _text(sent.sp_id),
        "voting_power": sent.power,
    }
    place.add("etl_validator_registrations", eth_block=eth_block, comet_pubkey=_bytes(sent.pub_key), **same)
    times = {"created_at": _at(place.time), "updated_at": _at(place.time)}
    state = {"status": ACTIVE, "registered_at": place.height, "deregistered_at": None}
    place.rows["etl_validators"].append(same | state | times)


def _deregister(place: _Place, comet_address: str | None) -> None:
    gone = {"comet_address": comet_address or "", "status": DEREGISTERED, "deregistered_at": place.height}
    place.rows["etl_validators"].append(gone | {"updated_at": _at(place.time)})


def _sla_rollup(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.sla_rollup
    time = to_datetime(sent.timestamp) if sent.HasField("timestamp") else None
    reports = len(sent.reports)
    place.add(
        "etl_sla_rollups",
        block_start=sent.block_start,
        block_end=sent.block_end,
        validator_count=reports,
        block_quota=_int32((sent.block_end - sent.block_start) // reports) if reports else 0,
        created_at=_at(time or place.time),
    )
    for report in sent.reports:
        place.add(
            "etl_sla_node_reports",
            address=_text(report.address),
            num_blocks_proposed=report.num_blocks_proposed,
            created_at=_at(time or place.time),
        )
    return "sla_rollup", None


def _storage_proof(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.storage_proof
    address = _address(sent.address)
    place.add(
        "etl_storage_proofs",
        height=sent.height,
        address=address or "",
        prover_addresses=[_text(each) for each in sent.prover_addresses],
        cid=_text(sent.cid),
        proof_signature=_bytes(sent.proof_signature),
        status="unresolved",
        created_at=_at(place.time),
    )
    return "storage_proof", address


def _storage_proof_verification(place: _Place, signed: core_pb2.SignedTransaction) -> tuple[str, str | None]:
    sent = signed.storage_proof_verification
    place.add(
        "etl_storage_proof_verifications", height=sent.height, proof=_bytes(sent.proof), created_at=_at(place.time)
    )
    return "storage_proof_verification", None


_AUDITS: Final[dict[Kind, _Audit]] = {
    Kind.PLAYS: _plays,
    Kind.MANAGE_ENTITY: _manage_entity,
    Kind.MIGRATION: _migration,
    Kind.VALIDATOR_REGISTRATION: _registration_legacy,
    Kind.VALIDATOR_DEREGISTRATION: _misbehavior,
    Kind.ATTESTATION: _attestation,
    Kind.SLA_ROLLUP: _sla_rollup,
    Kind.STORAGE_PROOF: _storage_proof,
    Kind.STORAGE_PROOF_VERIFICATION: _storage_proof_verification,
}


def _text(value: str | bytes) -> str:
    """Return a text of the wire as a column takes it; what is not UTF-8 arrives as bytes."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return text.replace("\0", "")


def _address(value: str | bytes) -> str | None:
    return _text(value)[:ADDRESS_CHARACTERS_MAX] or None


def _bytes(value: bytes) -> str:
    return f"\\x{value.hex()}"


def _at(time: datetime) -> str:
    return time.isoformat()


def _int32(value: int) -> int:
    return max(-_INT32_MAX, min(value, _INT32_MAX))
