"""Blocks are functions of their height, look as a node serves them, and are really signed."""

import tracemalloc
from hashlib import sha256

import pytest
from coincurve import PublicKey

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import DEV, PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.blocks import BlockMaker, fnv1a

GENESIS_US = 1_767_225_600_000_000
SECOND_US = 1_000_000


def maker(seed: int = 1, rate: float = 200.0, block_seconds: float = 1.0) -> BlockMaker:
    return BlockMaker(seed, rate, block_seconds, PROD)


def block(made_by: BlockMaker, height: int) -> core_pb2.Block:
    return made_by.block(height, GENESIS_US + height * SECOND_US)


@pytest.fixture(scope="module")
def chain() -> list[core_pb2.Block]:
    """A few chapters with everything in them."""
    made_by = maker()
    return [block(made_by, height) for height in range(1, 61)]


def test_the_same_seed_tells_the_same_bytes(chain: list[core_pb2.Block]) -> None:
    again = maker()
    assert [block(again, height).SerializeToString() for height in range(1, 61)] == [
        it.SerializeToString() for it in chain
    ]


def test_a_block_does_not_depend_on_what_was_made_before_it(chain: list[core_pb2.Block]) -> None:
    backwards = maker()
    for height in (60, 33, 3, 4):
        assert block(backwards, height).SerializeToString() == chain[height - 1].SerializeToString()


def test_another_seed_tells_another_story(chain: list[core_pb2.Block]) -> None:
    other = maker(seed=2)
    theirs = {tx.hash for height in range(1, 5) for tx in block(other, height).transactions}
    assert theirs.isdisjoint(tx.hash for it in chain for tx in it.transactions)
    assert other.chain_id == "backbeat-simulated-2"
    assert other.verifier_address != maker().verifier_address


def test_heights_follow_and_every_transaction_names_its_block(chain: list[core_pb2.Block]) -> None:
    assert [it.height for it in chain] == list(range(1, 61))
    for it in chain:
        assert it.hash == it.hash.lower()
        assert it.chain_id == "backbeat-simulated-1"
        for tx in it.transactions:
            assert (tx.height, tx.chain_id, tx.block_hash) == (it.height, it.chain_id, it.hash)
            assert tx.timestamp == it.timestamp


def test_transaction_hashes_are_of_the_bytes(chain: list[core_pb2.Block]) -> None:
    for tx in chain[20].transactions:
        assert tx.hash == sha256(tx.transaction.SerializeToString()).hexdigest().upper()


def test_no_transaction_comes_twice(chain: list[core_pb2.Block]) -> None:
    hashes = [tx.hash for it in chain for tx in it.transactions]
    assert len(set(hashes)) == len(hashes)


def test_fnv_matches_the_published_vectors() -> None:
    assert (fnv1a("a"), fnv1a("b"), fnv1a("c")) == (3826002220, 3876335077, 3859557458)


def test_entities_come_first_creates_before_all_then_by_signature(chain: list[core_pb2.Block]) -> None:
    for it in chain:
        is_entity = [tx.transaction.HasField("manage_entity") for tx in it.transactions]
        assert is_entity == sorted(is_entity, reverse=True)
        entities = [tx.transaction for tx in it.transactions if tx.transaction.HasField("manage_entity")]
        assert entities == sorted(entities, key=lambda tx: (tx.manage_entity.action != "Create", -fnv1a(tx.signature)))


def test_signatures_recover_to_the_signer_except_where_somebody_tampered(chain: list[core_pb2.Block]) -> None:
    verifier, made_by, forged, honest = Verifier(PROD), maker(), 0, 0
    for it in chain:
        tampered = {draft.tampered for draft in made_by.drafts(it.height, it.timestamp.seconds)} - {None}
        for tx in decode_block(it, verifier).transactions:
            if tx.entity is not None:
                is_genuine = tx.entity.recovered == tx.entity.signer.lower()
                assert is_genuine != (tx.entity.metadata in tampered)
                honest, forged = honest + is_genuine, forged + (not is_genuine)
    assert honest > 1_000
    assert forged == 3  # one per verse of 4,000 transactions


def test_signatures_are_of_the_network_that_was_asked_for() -> None:
    on_dev = BlockMaker(1, 200.0, 1.0, DEV)
    tx = decode_block(block(on_dev, 1), Verifier(DEV)).transactions[0]
    assert tx.entity is not None
    assert tx.entity.recovered == tx.entity.signer.lower()
    assert decode_block(block(maker(), 1), Verifier(DEV)).transactions[0].entity != tx.entity


def test_new_users_bring_the_key_that_signs_for_them(chain: list[core_pb2.Block]) -> None:
    first = decode_block(chain[0], Verifier(PROD)).transactions
    for tx in first:
        assert tx.entity is not None
        assert tx.entity.pubkey is not None
        PublicKey(tx.entity.pubkey)  # raises unless it is a point of the curve
        assert tx.entity.signer in tx.entity.metadata or '"data":null' in tx.entity.metadata


def test_a_far_block_is_made_at_once_and_memory_stays_bounded() -> None:
    made_by = maker(rate=20.0)
    block(made_by, 50_000_000)  # a year and a half of one-second blocks
    tracemalloc.start()
    try:
        for height in range(60_000_000, 60_003_000, 100):  # each in a chapter of its own, or nearly
            block(made_by, height)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 3_000_000
