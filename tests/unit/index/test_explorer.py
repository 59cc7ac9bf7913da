"""What the audit tables hold of a block: of every kind of transaction, and of whatever its bytes are."""

from datetime import datetime

import pytest

from backbeat.chain.decode import decode_signed
from backbeat.chain.model import Block
from backbeat.chain.proto import core_pb2
from backbeat.index.explorer.rows import ADDRESS_CHARACTERS_MAX, Rows, audit_rows

Signed = core_pb2.SignedTransaction
NOW = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - block times are naive UTC throughout


def rows_of(*signed: Signed) -> Rows:
    transactions = tuple(decode_signed(each, None) for each in signed)
    return audit_rows([Block("dev", 7, "ab" * 32, NOW, transactions, 0, "cafe")])


def typed(signed: Signed) -> tuple[str, str | None]:
    [row] = rows_of(signed)["etl_transactions"]
    assert (row["block_height"], row["tx_index"], row["created_at"]) == (7, 0, NOW.isoformat())
    return row["tx_type"], row["address"]


LEGACY = core_pb2.ValidatorRegistrationLegacy(endpoint="https://n", comet_address="C1", eth_block="9", power=3)
REGISTRATION = core_pb2.ValidatorRegistration(delegate_wallet="0xA", comet_address="C1", eth_block=9, power=3)
DEREGISTRATION = core_pb2.ValidatorDeregistration(comet_address="C1", pub_key=b"\1\2")


@pytest.mark.parametrize(
    ("signed", "tx_type", "address", "tables"),
    [
        (
            Signed(plays=core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(user_id="0x1", track_id="7")])),
            "play",
            "0x1",
            {"etl_plays"},
        ),
        (
            Signed(manage_entity=core_pb2.ManageEntityLegacy(signer="0xS", entity_type="Track", metadata="{}")),
            "manage_entity",
            "0xS",
            {"etl_manage_entities", "etl_addresses"},
        ),
        (
            Signed(validator_registration=LEGACY),
            "validator_registration_legacy",
            None,
            {"etl_validators", "etl_validator_registrations"},
        ),
        (
            Signed(attestation=core_pb2.Attestation(validator_registration=REGISTRATION)),
            "validator_registration",
            "0xA",
            {"etl_validators", "etl_validator_registrations", "etl_addresses"},
        ),
        (
            Signed(attestation=core_pb2.Attestation(validator_deregistration=DEREGISTRATION)),
            "validator_deregistration",
            "C1",
            {"etl_validators", "etl_validator_deregistrations", "etl_addresses"},
        ),
        (
            Signed(validator_deregistration=core_pb2.ValidatorMisbehaviorDeregistration(comet_address="C1")),
            "validator_misbehavior_deregistration",
            "C1",
            {"etl_validators", "etl_validator_misbehavior_deregistrations", "etl_addresses"},
        ),
        (Signed(attestation=core_pb2.Attestation()), "attestation", None, set()),
        (
            Signed(sla_rollup=core_pb2.SlaRollup(block_end=10, reports=[core_pb2.SlaNodeReport(address="C1")])),
            "sla_rollup",
            None,
            {"etl_sla_rollups", "etl_sla_node_reports"},
        ),
        (
            Signed(storage_proof=core_pb2.StorageProof(address="P", prover_addresses=["Q"])),
            "storage_proof",
            "P",
            {"etl_storage_proofs", "etl_addresses"},
        ),
        (
            Signed(storage_proof_verification=core_pb2.StorageProofVerification(proof=b"\0")),
            "storage_proof_verification",
            None,
            {"etl_storage_proof_verifications"},
        ),
        (Signed(release=core_pb2.NewReleaseMessage()), "release", None, set()),
        (Signed(), "unknown", None, set()),
    ],
)
def test_every_kind_has_its_type_its_address_and_its_tables(
    signed: Signed, tx_type: str, address: str | None, tables: set[str]
) -> None:
    assert typed(signed) == (tx_type, address)
    assert set(rows_of(signed)) == {"etl_blocks", "etl_transactions"} | tables
    assert rows_of(signed)["etl_blocks"] == [
        {"proposer_address": "cafe", "block_height": 7, "block_time": NOW.isoformat()}
    ]


def test_a_transaction_whose_hash_is_not_known_has_no_row() -> None:
    block = core_pb2.Block()
    block.transactions.add()
    assert set(audit_rows([Block("dev", 7, "ab" * 32, NOW, (), 0)])) == {"etl_blocks"}


def test_texts_that_no_column_takes_are_made_such_that_one_does() -> None:
    signer = "0x\0" + "f" * 400
    [row] = rows_of(Signed(manage_entity=core_pb2.ManageEntityLegacy(signer=signer, nonce="\0")))["etl_manage_entities"]
    assert (row["nonce"], row["metadata"]) == ("", None)
    assert row["signer"] == row["address"] == "0x" + "f" * (ADDRESS_CHARACTERS_MAX - 2)


@pytest.mark.parametrize(
    ("start", "end", "quota"), [(0, 2**63 - 1, 2**31 - 1), (2**63 - 1, 0, -(2**31) + 1), (0, 5, 2)]
)
def test_a_quota_is_held_to_what_the_column_takes(start: int, end: int, quota: int) -> None:
    reports = [core_pb2.SlaNodeReport()] * 2
    rollup = core_pb2.SlaRollup(block_start=start, block_end=end, reports=reports)
    [row] = rows_of(Signed(sla_rollup=rollup))["etl_sla_rollups"]
    assert row["block_quota"] == quota


def test_a_rollup_without_reports_has_no_quota() -> None:
    [row] = rows_of(Signed(sla_rollup=core_pb2.SlaRollup(block_end=9)))["etl_sla_rollups"]
    assert (row["block_quota"], row["validator_count"]) == (0, 0)
