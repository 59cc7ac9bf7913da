"""Rows of one chain are never written among those of another that was not named."""

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.app import opened
from backbeat.chain.sequence import parse
from backbeat.codes import Part
from backbeat.db.pool import Lanes
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.errors import BackbeatError, Exit
from backbeat.index import cursor as cursors
from backbeat.settings import ChainSettings, Settings
from builders.chain import ListSource, play, plays
from builders.indexing import index, rows
from builders.terminal import backbeat

CHAIN = [[plays(play("", "2000001"))]]
BLOCK = "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('x', %s, 7)"
PLAY = "INSERT INTO plays (play_item_id, user_id, created_at) VALUES (1, 1, now())"
USER = "INSERT INTO users (user_id, is_current, txhash) VALUES (1, true, 'x')"
CATALOGUE = "SELECT id, active, starting_block FROM challenges ORDER BY id"


async def refused(lanes: Lanes) -> BackbeatError:
    with pytest.raises(BackbeatError) as found:
        await index(lanes, ListSource(CHAIN))
    return found.value


async def test_a_database_of_another_chain_is_not_gone_on_with(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await rows_written(connection, BLOCK, "elsewhere")
    error = await refused(lanes)
    assert error.code == "other_chain_indexed"
    assert "'elsewhere'" in error.message
    assert "'dev'" in error.message
    assert await rows(connection, "SELECT count(*) FROM plays") == [(0,)]


async def test_plays_of_nobody_knows_which_blocks_are_not_added_to(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await rows_written(connection, PLAY)
    assert (await refused(lanes)).code == "plays_of_an_unknown_chain"
    assert await rows(connection, "SELECT count(*) FROM plays") == [(1,)]


async def test_a_start_height_says_where_such_plays_end(connection: AsyncConnection[Any]) -> None:
    await rows_written(connection, PLAY)
    cursor = await cursors.read(connection, parse(("dev",)), start_height=6)
    assert (cursor.height, cursor.play_id) == (5, 1)


async def test_a_rollover_is_named_by_listing_both_chains(connection: AsyncConnection[Any]) -> None:
    await rows_written(connection, BLOCK, "elsewhere")
    cursor = await cursors.read(connection, parse(("elsewhere@1-7", "dev")))
    assert (cursor.chain_id, cursor.height, cursor.begins) == ("dev", 0, True)


async def rows_written(connection: AsyncConnection[Any], statement: str, *values: Any) -> None:
    await connection.execute(statement.encode(), values)


@pytest.mark.parametrize(
    ("statement", "values"), [(BLOCK, ("elsewhere",)), (PLAY, ()), (USER, ())], ids=["blocks", "plays", "users"]
)
@pytest.mark.parametrize("named", [(), ("--simulate",)], ids=["no source", "simulate"])
@pytest.mark.parametrize("verb", ["up", "index"])
def test_the_simulator_writes_nothing_among_rows_of_others(
    database_url: str, tmp_path: Any, verb: str, named: tuple[str, ...], statement: str, values: tuple[str, ...]
) -> None:
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute(statement.encode(), values)
        before = session.execute(CATALOGUE).fetchall()
        at = ("--database", database_url, "--data-dir", str(tmp_path), "--json")
        answer = backbeat(verb, *named, *at, *(["--no-web"] if verb == "up" else []))
        assert answer.status == Exit.CONFIG
        assert "simulator_among_others" in answer.err
        assert session.execute(CATALOGUE).fetchall() == before
        assert session.execute("SELECT count(*) FROM core_indexed_blocks").fetchall() == [(int(statement == BLOCK),)]


async def test_the_simulator_goes_on_with_what_is_its_own(database_url: str, connection: AsyncConnection[Any]) -> None:
    await rows_written(connection, BLOCK, "backbeat-simulated-1")
    await rows_written(connection, PLAY)
    async with await opened(database_url, Settings(chain=ChainSettings(source="simulator")), {Part.INDEX}):
        pass


async def test_a_catalogue_beside_blocks_of_an_indexer_is_the_operators(connection: AsyncConnection[Any]) -> None:
    before = await rows(connection, CATALOGUE)
    await rows_written(connection, BLOCK, "elsewhere")
    await open_to_a_new_chain(connection)
    assert await rows(connection, CATALOGUE) == before
