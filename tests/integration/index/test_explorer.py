"""The chain explorer's audit tables: off by default, bounded, and the same however blocks were batched."""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import parse
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.source import Source
from backbeat.chain.successive import SuccessiveSource
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.explorer.write import PRUNE
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import IndexSettings
from builders.chain import GENESIS, ListSource, make_block
from builders.indexing import rows

Connection = AsyncConnection[Any]
Signed = core_pb2.SignedTransaction
TABLES = (*PRUNE, "etl_validators")
BLOCKS = 60


class Simulated(ListSource):
    """The first blocks of a simulated network."""

    def __init__(self, blocks: int = BLOCKS) -> None:
        super().__init__([], "backbeat-simulated-1")
        maker = BlockMaker(1, 40.0, 1.0, DEV)
        self.chain = [maker.block(at, (int(GENESIS.timestamp()) + at) * 1_000_000) for at in range(1, blocks + 1)]


async def follow(lanes: Lanes, source: Source, *, explorer_blocks: int, **settings: Any) -> None:
    chain = FollowedChain(
        source=source,
        rules=EntityRules(),
        verifier=Verifier(DEV),
        exit_at_tip=True,
        explorer_blocks=explorer_blocks,
        **{name: settings.pop(name) for name in ("chains",) if name in settings},
    )
    await BlockLoop(chain, lanes, IndexSettings(**{"lease_seconds": 1.0} | settings), SystemClock()).run()


async def counts(connection: Connection) -> dict[str, int]:
    found = {}
    for table in TABLES:
        [[found[table]]] = await rows(connection, f"SELECT count(*) FROM {table}")  # noqa: S608 - one of our own
    return found


async def content(connection: Connection) -> dict[str, list[Any]]:
    """Return all rows but for their ids, which a commit that was tried again leaves gaps in."""
    found = {}
    for table in TABLES:
        query = f"SELECT to_jsonb(t) - 'id' - 'sla_rollup_id' FROM {table} AS t ORDER BY id"  # noqa: S608 - as above
        each = await rows(connection, query)
        found[table] = [row for (row,) in each]
    return found


async def wipe(connection: Connection) -> None:
    tables = await rows(
        connection,
        "SELECT string_agg(quote_ident(schemaname) || '.' || quote_ident(tablename), ', ') FROM pg_tables "
        "WHERE schemaname = 'public' "
        "OR schemaname = 'backbeat' AND tablename IN ('cursor', 'chains', 'signed_messages')",
    )
    await connection.execute(f"TRUNCATE {tables[0][0]} CASCADE".encode())


async def test_without_the_setting_nothing_is_written(lanes: Lanes, connection: Connection) -> None:
    await follow(lanes, Simulated(10), explorer_blocks=0)
    assert set((await counts(connection)).values()) == {0}


async def test_every_transaction_is_there_once_however_blocks_were_batched(
    lanes: Lanes, connection: Connection
) -> None:
    source = Simulated()
    found = []
    for batch_blocks_max in (1, 7, 100):
        await follow(lanes, source, explorer_blocks=1_000, batch_blocks_max=batch_blocks_max)
        found.append(await content(connection))
        await wipe(connection)
    assert found[0] == found[1] == found[2]
    served = [tx.transaction for block in source.chain for tx in block.transactions]
    hashes = [tx.hash for block in source.chain for tx in block.transactions]
    assert [row["tx_hash"] for row in found[0]["etl_transactions"]] == hashes
    assert len(found[0]["etl_blocks"]) == BLOCKS
    assert len(found[0]["etl_plays"]) == sum(len(tx.plays.plays) for tx in served)
    assert len(found[0]["etl_manage_entities"]) == sum(tx.HasField("manage_entity") for tx in served)
    assert len(found[0]["etl_storage_proofs"]) == sum(tx.HasField("storage_proof") for tx in served)
    assert len(found[0]["etl_sla_rollups"]) == sum(tx.HasField("sla_rollup") for tx in served) > 0


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_only_the_newest_blocks_are_kept(lanes: Lanes, connection: Connection, batch_blocks_max: int) -> None:
    await follow(lanes, Simulated(), explorer_blocks=20, batch_blocks_max=batch_blocks_max)
    for table in PRUNE:
        height = "first_seen_block_height" if table == "etl_addresses" else "block_height"
        [[oldest]] = await rows(connection, f"SELECT min({height}) FROM {table}")  # noqa: S608 - as above
        assert oldest is None or oldest > BLOCKS - 20
    assert (await counts(connection))["etl_blocks"] == 20


async def test_a_smaller_number_is_reached_a_bit_at_a_time(lanes: Lanes, connection: Connection) -> None:
    source = ListSource([[] for _ in range(400)])
    await follow(lanes, source, explorer_blocks=1_000)
    source.chain += [make_block("dev", height, []) for height in (401, 402, 403)]
    for height in (401, 402, 403):
        await follow(lanes, _Until(source, height), explorer_blocks=10)
        assert await rows(connection, "SELECT min(block_height) FROM etl_blocks") == [(1 + 100 * (height - 400),)]


class _Until(ListSource):
    """A list up to a height."""

    def __init__(self, source: ListSource, last: int) -> None:
        super().__init__([], source.chain_id)
        self.chain = [block for block in source.chain if block.height <= last]


def rollup(start: int, end: int, seconds: int, *addresses: str) -> Signed:
    made = core_pb2.SlaRollup(block_start=start, block_end=end)
    made.timestamp.seconds = seconds
    for address in addresses:
        made.reports.add(address=address, num_blocks_proposed=3)
    return Signed(sla_rollup=made)


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_rates_count_from_the_rollup_before(lanes: Lanes, connection: Connection, batch_blocks_max: int) -> None:
    proof = [Signed(request_id=str(at), storage_proof=core_pb2.StorageProof(height=at)) for at in range(4)]
    blocks: Iterable[Any] = [
        proof[:2],
        proof[2:],
        [rollup(0, 2, 1_000, "a", "b")],
        [],
        [rollup(2, 4, 1_008, "a")],
        [rollup(4, 4, 1_008)],
    ]
    await follow(lanes, ListSource(blocks), explorer_blocks=100, batch_blocks_max=batch_blocks_max)
    found = await rows(connection, "SELECT validator_count, block_quota, bps, tps FROM etl_sla_rollups ORDER BY id")
    assert found == [(2, 1, 0.5, 1.0), (1, 2, 0.25, 0.375), (0, 0, 0.0, 0.0)]
    reports = await rows(
        connection,
        "SELECT r.block_height, n.address, n.num_blocks_proposed FROM etl_sla_node_reports AS n "
        "JOIN etl_sla_rollups AS r ON r.id = n.sla_rollup_id ORDER BY n.id",
    )
    assert reports == [(3, "a", 3), (3, "b", 3), (5, "a", 3)]


def registered(comet: str, endpoint: str) -> Signed:
    body = core_pb2.ValidatorRegistration(delegate_wallet="0xA", comet_address=comet, endpoint=endpoint)
    return Signed(attestation=core_pb2.Attestation(validator_registration=body))


def gone(comet: str, request: str = "") -> Signed:
    body = core_pb2.ValidatorDeregistration(comet_address=comet)
    return Signed(request_id=request, attestation=core_pb2.Attestation(validator_deregistration=body))


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_validators_are_as_the_newest_event_leaves_them(
    lanes: Lanes, connection: Connection, batch_blocks_max: int
) -> None:
    blocks = [
        [registered("one", "https://1"), registered("two", "https://2"), gone("three")],
        [gone("one"), registered("two", "https://new")],
        [registered("one", "https://again"), gone("two", "again")],
    ]
    await follow(lanes, ListSource(blocks), explorer_blocks=100, batch_blocks_max=batch_blocks_max)
    query = "SELECT comet_address, endpoint, status, registered_at, deregistered_at FROM etl_validators ORDER BY 1"
    assert await rows(connection, query) == [
        ("one", "https://again", "active", 3, None),
        ("two", "https://new", "deregistered", 2, 3),
    ]


async def test_the_next_chain_begins_with_empty_tables(lanes: Lanes, connection: Connection) -> None:
    chains = parse(["old@1-3", "new"])
    source = SuccessiveSource(
        chains,
        lambda span: ListSource([[registered(f"{span.chain_id}{at}", "")] for at in range(3)], span.chain_id),
        clock=SystemClock(),
        random=Random(1),
    )
    await follow(lanes, source, explorer_blocks=100, chains=chains)
    assert await rows(connection, "SELECT block_height FROM etl_blocks ORDER BY id") == [(1,), (2,), (3,)]
    assert (await counts(connection))["etl_validators"] == 3


async def test_what_no_column_takes_stops_nobody(lanes: Lanes, connection: Connection) -> None:
    entity = core_pb2.ManageEntityLegacy(
        signer="x" * 5_000, metadata="\0" * 9, entity_id=-(2**63), entity_type="\ud7ff"
    )
    play = core_pb2.TrackPlay(user_id="u" * 5_000, track_id="\0")
    rolled = rollup(-(2**63), 2**63 - 1, 253_402_300_799, "\0")
    blocks = [[Signed(manage_entity=entity), Signed(plays=core_pb2.TrackPlays(plays=[play])), rolled]]
    await follow(lanes, ListSource(blocks), explorer_blocks=5)
    assert (await counts(connection))["etl_transactions"] == 3
