"""The nodes that run the network, and what they tell each other in blocks."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import msgspec

from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.draw import Stream
from backbeat.chain.simulator.words import base32_of

_NODES: Final = 12
_PROVERS: Final = 3
_ATTESTERS: Final = 5
_ROLLUP_BLOCKS: Final = 2_048


class Node(msgspec.Struct, frozen=True):
    """One validator: its consensus address (upper-case hex), wallet, endpoint and consensus key."""

    comet_address: str
    wallet: str
    endpoint: str
    pub_key: bytes


def nodes_of(seed: int) -> tuple[Node, ...]:
    """Return the validators of a network."""
    stream = Stream(seed, "validator")
    return tuple(_node(stream.dice(number), number) for number in range(_NODES))


def _node(dice: Random, number: int) -> Node:
    return Node(
        comet_address=dice.randbytes(20).hex().upper(),
        wallet="0x" + dice.randbytes(20).hex(),
        endpoint=f"https://node{number + 1}.simulated.example",
        pub_key=dice.randbytes(32),
    )


Message = Callable[[Random, tuple[Node, ...], int, int], core_pb2.SignedTransaction]
"""Takes dice, the nodes, the block height and the block time in Unix seconds."""


def _storage_proof(dice: Random, nodes: tuple[Node, ...], height: int, _now: int) -> core_pb2.SignedTransaction:
    provers = [node.comet_address for node in dice.sample(nodes, _PROVERS)]
    proof = core_pb2.StorageProof(
        height=height,
        address=provers[0],
        prover_addresses=provers,
        cid="baeaaaiqse" + base32_of(dice, 35)[:52],
        proof_signature=dice.randbytes(64),
    )
    return core_pb2.SignedTransaction(storage_proof=proof, signature=_signature(dice), request_id=request_id(dice))


def _storage_proof_verification(
    dice: Random, _nodes: tuple[Node, ...], height: int, _now: int
) -> core_pb2.SignedTransaction:
    proof = core_pb2.StorageProofVerification(height=height, proof=dice.randbytes(16))
    return core_pb2.SignedTransaction(
        storage_proof_verification=proof, signature=_signature(dice), request_id=request_id(dice)
    )


def _attestation(dice: Random, nodes: tuple[Node, ...], height: int, now: int) -> core_pb2.SignedTransaction:
    node = dice.choice(nodes)
    registration = core_pb2.ValidatorRegistration(
        delegate_wallet=node.wallet,
        endpoint=node.endpoint,
        node_type="content-node",
        sp_id=str(nodes.index(node) + 1),
        eth_block=now // 12,
        comet_address=node.comet_address,
        pub_key=node.pub_key,
        power=10,
        deadline=height + 120,
    )
    signatures = [_signature(dice) for _ in range(_ATTESTERS)]
    attestation = core_pb2.Attestation(signatures=signatures, validator_registration=registration)
    return core_pb2.SignedTransaction(attestation=attestation, signature=_signature(dice), request_id=request_id(dice))


def _sla_rollup(dice: Random, nodes: tuple[Node, ...], height: int, now: int) -> core_pb2.SignedTransaction:
    rollup = core_pb2.SlaRollup(
        timestamp={"seconds": now},
        block_start=max(1, height - _ROLLUP_BLOCKS),
        block_end=max(1, height - 1),
        reports=[
            core_pb2.SlaNodeReport(address=node.comet_address, num_blocks_proposed=dice.randrange(400))
            for node in nodes
        ],
    )
    return core_pb2.SignedTransaction(sla_rollup=rollup)


def _signature(dice: Random) -> str:
    return dice.randbytes(65).hex()


def request_id(dice: Random) -> str:
    """Return a random UUID of version 4."""
    digits = dice.randbytes(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


MESSAGES: Final[Mapping[str, Message]] = {
    "storage_proof": _storage_proof,
    "storage_proof_verification": _storage_proof_verification,
    "attestation": _attestation,
    "sla_rollup": _sla_rollup,
}
