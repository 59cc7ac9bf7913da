"""Blocks of many small transactions: what they store follows their bytes, and no step of them keeps the event loop.

Leases and heartbeats live in the same loop. Processor time and bytes are judged, never wall time.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from psycopg import AsyncConnection
from worst.act import OTHER, OWNER
from worst.acts import act, first_block, signed, wrapped
from worst.indexer import BUSY, Indexer, indexer

from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Signer
from backbeat.db.pool import Lanes

pytestmark = [pytest.mark.slow, pytest.mark.version_free]

HOLD_SECONDS_MAX = 0.1
STORED_PER_BYTE_MAX = 10
STORED_BYTES_FREE = 500_000  # tables and indexes begin with a page
MANY = 20_000
Signed = core_pb2.SignedTransaction


def of_plays(at: int, number: int, **said: Any) -> Signed:
    return Signed(request_id=str(at), plays=core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(**said)] * number))


def of_nobody(at: int) -> Signed:
    entity = core_pb2.ManageEntityLegacy(user_id=at, entity_type="User", entity_id=at, action="Follow")
    return Signed(request_id=str(at), manage_entity=entity)


def again(at: int) -> Signed:
    said = Signed(request_id=str(at))
    said.manage_entity.CopyFrom(AGAIN.manage_entity)
    return said


AGAIN = act("*/Follow")
BLOCKS: dict[str, tuple[int, Callable[[int], Signed]]] = {
    "nothing": (MANY, lambda at: Signed(request_id=str(at))),
    "plays without tracks": (MANY, lambda at: of_plays(at, 6)),
    "least plays": (60, lambda at: of_plays(at, 5_000, track_id="1")),
    "few least plays": (MANY // 2, lambda at: of_plays(at, 30, track_id="1")),
    "unsigned": (MANY, of_nobody),
    "strangers": (MANY, lambda at: signed(1, 3_300_000 + at, "*/Save", 2_300_000 + at, None)),
    "one message": (MANY, again),
}


@pytest.fixture
async def indexing(lanes: Lanes, connection: AsyncConnection[Any]) -> AsyncIterator[Indexer]:
    async with indexer(lanes, connection) as started:
        await started.take(*first_block())
        yield started


@pytest.mark.parametrize("what", BLOCKS)
async def test_a_block_of_many(what: str, indexing: Indexer) -> None:
    number, make = BLOCKS[what]
    cost = await indexing.take(*map(make, range(number)))
    told, hold_seconds, stored = sum(cost.outcomes.values()), cost.hold_seconds, cost.stored_bytes
    stored_max = STORED_PER_BYTE_MAX * cost.wire_bytes + STORED_BYTES_FREE
    longest = cost.longest
    del cost  # a failed assertion would write it out, block by block for each refusal
    assert told == number
    assert hold_seconds <= BUSY * HOLD_SECONDS_MAX, longest
    assert stored <= stored_max


async def test_small_transactions_of_users_who_hold_a_lot(indexing: Indexer) -> None:
    """Each signer's row is read whole, with whatever library the user ever stored."""
    library = {str(number): 0 for number in range(11_000)}
    made = [by(number, "User/Create", {"handle": f"h{number}", "playlist_library": library}) for number in range(200)]
    assert set((await indexing.take(*made)).outcomes) == {"applied"}
    cost = await indexing.take(*[by(number, "User/Follow", None, OWNER) for number in range(200)])
    assert set(cost.outcomes) == {"applied"}
    hold_seconds = cost.hold_seconds
    assert hold_seconds <= BUSY * HOLD_SECONDS_MAX


def by(number: int, pair: str, payload: Any, entity_id: int | None = None) -> Signed:
    """Return a transaction signed by the wallet of the user with that number."""
    user_id = OTHER + 1_000 + number
    entity_type, action = pair.split("/")
    entity_id = user_id if entity_id is None else entity_id
    metadata = "" if payload is None else wrapped(payload)
    signer = Signer((1_000 + number).to_bytes(32, "big"), DEV)
    nonce = f"0x{number:063x}{len(action)}"
    signature = signer.sign(user_id, entity_type, entity_id, action, metadata, nonce)
    said = core_pb2.ManageEntityLegacy(user_id=user_id, entity_type=entity_type, entity_id=entity_id, action=action)
    said.metadata, said.signature, said.signer, said.nonce = metadata, signature, signer.address, nonce
    return Signed(signature=signature, manage_entity=said)
