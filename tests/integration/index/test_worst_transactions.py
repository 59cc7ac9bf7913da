"""The worst legal transaction of every wire pair, and of plays: what it costs, and what many of them do.

Processor time, bytes and outcomes are counted, never wall time, so a busy machine judges as an idle one does.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection
from worst.act import FOREIGN, OTHER, OWNER, TRACK
from worst.acts import ACTS, act, first_block, run_up, signed
from worst.indexer import BUSY, Cost, Indexer, indexer
from worst.shapes import (
    BYTES_MAX,
    accesses,
    email_keys,
    lists,
    many_plays,
    raw_metadata,
    redirects,
    swollen,
)

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from backbeat.index.entities import ROUTES

pytestmark = [pytest.mark.slow, pytest.mark.version_free]

SECONDS_MAX = 0.5  # of processor time, ours and the server's
HOLD_SECONDS_MAX = 0.1  # of one call into C or one turn of the loop
STORED_PER_BYTE_MAX = 10
STORED_BYTES_FREE = 500_000  # a table begins with a page, and so does each of its indexes
FEW, MANY = 100, 400
GROWTH_MAX = 8  # four times as many: four times the cost where it grows evenly, sixteen times where it squares
NOISE_SECONDS = 0.1  # processor time is told in ticks of 10 ms
PAIRS = sorted("/".join(pair) for pair in ROUTES)


@pytest.fixture
async def indexing(lanes: Lanes, connection: AsyncConnection[Any]) -> AsyncIterator[Indexer]:
    async with indexer(lanes, connection) as started:
        await started.take(*first_block())
        yield started


def test_every_wire_pair_has_its_transaction() -> None:
    assert set(ACTS) == set(PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
async def test_a_pairs_transaction_is_taken(pair: str, indexing: Indexer) -> None:
    """Else all that is said about its cost would be about refusing it."""
    cost = await indexing.take(*run_up(pair), act(pair))
    assert set(cost.outcomes) == {"applied"}


@pytest.mark.parametrize("pair", PAIRS)
async def test_the_worst_transaction_of_a_pair(pair: str, indexing: Indexer) -> None:
    await indexing.take(*run_up(pair))
    for name, transaction in swollen(pair, at_depth(1, 1, 40)):
        judge(name, transaction, await indexing.take(transaction))


async def test_the_worst_metadata(indexing: Indexer) -> None:
    for name, transaction in raw_metadata("Track/Update"):
        judge(name, transaction, await indexing.take(transaction))


@pytest.mark.parametrize("pair", ["Track/Create", "Playlist/Update", "User/Update", "Comment/Update", "Event/Create"])
async def test_no_call_keeps_the_interpreter(pair: str, indexing: Indexer) -> None:
    """Python lets others in between its own steps; a single call into C does not, in whatever thread it is."""
    for name, transaction in swollen(pair, 1):
        judge(name, transaction, await indexing.take(transaction, calls=True), seconds_max=5 * SECONDS_MAX)


async def test_no_call_of_the_parser_keeps_the_interpreter(indexing: Indexer) -> None:
    for name, transaction in raw_metadata("Track/Create"):
        judge(name, transaction, await indexing.take(transaction, calls=True), seconds_max=5 * SECONDS_MAX)


async def test_the_worst_plays(indexing: Indexer) -> None:
    for name, transaction in many_plays():
        judge(name, transaction, await indexing.take(transaction))


async def test_the_worst_lists(indexing: Indexer) -> None:
    await indexing.take(
        *[
            signed(2, OTHER, "Track/Create", FOREIGN + 1 + at, {"title": f"T{at}x", "owner_id": OTHER})
            for at in range(10_000)
        ]
    )
    for name, transaction in lists():
        cost = await indexing.take(transaction)
        judge(name, transaction, cost)
        assert cost.outcomes == {"applied": 1}


async def test_the_worst_accesses(indexing: Indexer) -> None:
    for name, transaction in accesses():
        cost = await indexing.take(transaction)
        judge(name, transaction, cost)
        assert cost.outcomes == {"applied": 1}


async def test_a_small_change_to_a_large_row_stores_little(indexing: Indexer) -> None:
    large = {f"k{number}": "x" * 900 for number in range(90)}
    await indexing.take(act("Track/Update", {"copyright_line": large, "rights_controller": large}))
    costs = [await indexing.take(act("Comment/Pin")), await indexing.take(act("Comment/Unpin"))]
    costs += [await indexing.take(act("Track/Update", {"mood": mood})) for mood in ("Cool", "Upbeat")]
    assert [cost.outcomes for cost in costs] == [{"applied": 1}] * 4
    assert sum(cost.stored_bytes for cost in costs) < 100_000


REPEATED = [pair for pair in PAIRS if not ACTS[pair].before]


@pytest.mark.parametrize("pair", REPEATED)
async def test_many_in_a_block_cost_as_many_times_one(pair: str, indexing: Indexer) -> None:
    def some(number: int, first: int) -> list[core_pb2.SignedTransaction]:
        entity_id = ACTS[pair].entity_id
        changes = pair.endswith("/Create") and pair != "User/Create"
        return [act(pair, entity_id=entity_id + first + at if changes else entity_id) for at in range(number)]

    await evenly(indexing, some(FEW, 0), some(MANY, FEW))


async def test_equal_titles_cost_as_many_times_one(indexing: Indexer) -> None:
    def titled(number: int, title: str, first: int) -> list[core_pb2.SignedTransaction]:
        return [act("Track/Create", {"title": title}, entity_id=2_100_000 + first + at) for at in range(number)]

    await evenly(indexing, titled(500, "Same", 0), titled(2_000, "Equal", 500))
    await evenly(indexing, titled(20, "Equal", 3_000), titled(80, "Equal", 3_100))


CHANGING: dict[str, Any] = {
    "titles": lambda at: act("Track/Update", {"title": f"Title {at}"}),
    "two titles": lambda at: act("Track/Update", {"title": f"Title {at % 2}"}),
    "names": lambda at: act("Playlist/Update", {"playlist_name": f"Name {at}"}),
    "mentions": lambda at: act("Comment/Update", {"mentions": list(range(10 * at + 1, 10 * at + 11))}),
    "contents": lambda at: act(
        "Playlist/Update", {"playlist_contents": [{"track": 5 + 20 * at + n} for n in range(20)]}
    ),
    "remixes": lambda at: act("Track/Update", {"remix_of": {"tracks": [{"parent_track_id": 5 + at}]}}),
    "collaborators": lambda at: act("Track/Update", {"collaborators": list(range(50 * at + 1, 50 * at + 51))}),
    "handles": lambda at: act("User/Update", {"handle": f"handle{at}"}),
    "wallets": lambda at: act("User/Update", {"spl_usdc_payout_wallet": "1" * 32 if at % 2 else None}),
    "referrers": lambda at: act("User/Update", {"events": {"referrer": at + 5, "is_mobile_user": True}}),
    "prices": lambda at: act("Track/Update", priced(at)),
    "lists of one track": lambda at: act(
        "Playlist/Create",
        {"playlist_name": f"N{at}x", "playlist_contents": [{"track": TRACK}]},
        entity_id=420_000 + at,
    ),
    "redirects": lambda at: act("DeveloperApp/Update", redirects(20 * at, 20)),
    "email keys": lambda at: act("EmailAccess/Update", email_keys(20 * at + 5, 20)),
    "collectibles": lambda at: act("Collectibles/Update", {"collectibles": {"order": [at]}}),
    "associated wallets": lambda at: act(f"AssociatedWallet/{'Delete' if at % 2 else 'Create'}"),
    "grants": lambda at: act(f"Grant/{'Delete' if at % 2 else 'Create'}"),
    "managers": lambda at: signed(2, OWNER, "Track/Update", TRACK, {"mood": f"Mood {at}"}),
    "unknown pairs": lambda at: signed(1, OTHER, f"Track/Do{at}", TRACK, None),
}


SAID_BEFORE = {
    "redirects": ["DeveloperApp/Create"],
    "email keys": ["EncryptedEmail/AddEmail"],
    "managers": ["Grant/Create", "Grant/Approve"],
}


def priced(cents: int) -> dict[str, Any]:
    conditions = {"usdc_purchase": {"price": cents, "splits": [{"user_id": 1, "percentage": 100}]}}
    gates = {"is_stream_gated": True, "is_download_gated": True}
    return {**gates, "stream_conditions": conditions, "download_conditions": conditions}


@pytest.mark.parametrize("what", CHANGING)
async def test_many_changes_in_a_block_cost_as_many_times_one(what: str, indexing: Indexer) -> None:
    make = CHANGING[what]
    await indexing.take(*map(act, SAID_BEFORE.get(what, ())))
    await evenly(indexing, [make(at) for at in range(FEW)], [make(at) for at in range(FEW, FEW + MANY)])


async def evenly(
    indexing: Indexer, few: Iterable[core_pb2.SignedTransaction], many: Iterable[core_pb2.SignedTransaction]
) -> None:
    one, four = await indexing.take(*few), await indexing.take(*many)
    assert four.seconds < GROWTH_MAX * one.seconds + NOISE_SECONDS, (one.seconds, four.seconds)
    assert four.stored_bytes <= STORED_PER_BYTE_MAX * four.wire_bytes + STORED_BYTES_FREE


def judge(name: str, transaction: core_pb2.SignedTransaction, cost: Cost, *, seconds_max: float = SECONDS_MAX) -> None:
    assert transaction.ByteSize() <= BYTES_MAX, name
    assert "database_error" not in cost.outcomes, name
    assert cost.seconds <= BUSY * seconds_max, (name, cost.seconds)
    hold_seconds, longest = cost.hold_seconds, cost.longest
    assert hold_seconds <= BUSY * HOLD_SECONDS_MAX, (name, longest)
    assert cost.stored_bytes <= STORED_PER_BYTE_MAX * BYTES_MAX + STORED_BYTES_FREE, (name, cost.stored_bytes)
