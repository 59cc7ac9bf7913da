"""Plays of a block are sent before its other transactions are applied; that shows in nothing but the time."""

from typing import Any

import pytest
from chaos.content import content
from conftest import new_database
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import Lanes, open_lanes
from backbeat.index import applying, sink
from backbeat.index.batch import Batch
from backbeat.index.loader import Loader
from backbeat.settings import DatabaseSettings
from builders.chain import entity, play, plays
from builders.indexing import rows
from builders.writing import blocks, writer

USER, TRACK = 3_000_001, 2_000_001
HEARD = [plays(*(play(str(USER), str(track)) for track in range(1, 75)))]
ALSO_HEARD = [plays(*([play(str(USER), str(TRACK))] * 75))]


def said(pair: str, entity_id: int, metadata: str, nonce: int) -> Any:
    """Return what the user says."""
    return entity(1, USER, pair, entity_id, metadata, nonce)


MADE = said("User/Create", USER, '{"cid":null,"data":null}', 1)
NAMED = said("User/Update", USER, '{"cid":"c","data":{"name":"one"}}', 2)
UPLOADED = said("Track/Create", TRACK, '{"cid":"c","data":{"title":"t","genre":"Electronic","owner_id":3000001}}', 3)

CHAIN = [
    [MADE],
    [*HEARD, NAMED, *HEARD],
    [*ALSO_HEARD, UPLOADED, *HEARD],
    [*ALSO_HEARD, said("User/Update", USER, '{"cid":"d","data":{"name":"two"}}', 4)],
]


async def committed(lanes: Lanes) -> None:
    """Commit the chain, block by block."""
    async with writer(lanes) as (writing, start):
        at = start
        for block in blocks(CHAIN):
            at = (await writing.write(at, [block])).cursor


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets what happens: plays sent and taken, transactions applied, rows loaded."""
    happened: list[str] = []
    write_plays, run, load = sink.write_plays, Batch.run, Loader.load

    async def noted_plays(*args: Any, sent: Any = lambda: None, **named: Any) -> int:
        def told_sent() -> None:
            happened.append("plays sent")
            sent()

        last_id = await write_plays(*args, sent=told_sent, **named)
        happened.append("plays taken")
        return last_id

    def noted_run(self: Batch) -> Any:
        happened.append("apply")
        return run(self)

    async def noted_load(self: Any, *args: Any) -> None:
        happened.append("load")
        await load(self, *args)

    monkeypatch.setattr(sink, "write_plays", noted_plays)
    monkeypatch.setattr(Batch, "run", noted_run)
    monkeypatch.setattr(Loader, "load", noted_load)
    return happened


async def test_transactions_are_applied_while_the_server_writes_the_plays(lanes: Lanes, told: list[str]) -> None:
    first, second, *_ = blocks(CHAIN)
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        told.clear()
        await writing.write(at, [second])
    assert told == ["load", "plays sent", "apply", "plays taken"]


async def test_what_a_handler_misses_is_loaded_behind_the_plays(
    lanes: Lanes, connection: AsyncConnection[Any], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Batch, "wants", lambda _self: set())
    first, second, *_ = blocks(CHAIN)
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        told.clear()
        await writing.write(at, [second])
    assert told.index("plays sent") < told.index("apply") < told.index("plays taken") < told.index("load", 1)
    assert await rows(connection, "SELECT name FROM users WHERE is_current") == [("one",)]


async def test_plays_of_a_track_that_the_block_names_wait_for_it(lanes: Lanes, told: list[str]) -> None:
    first, second, third, _ = blocks(CHAIN)
    async with writer(lanes) as (writing, start):
        at = start
        for block in (first, second):
            at = (await writing.write(at, [block])).cursor
        told.clear()
        await writing.write(at, [third])
    assert told[-2:] == ["plays sent", "plays taken"]
    assert told.index("apply") < told.index("plays sent")


async def test_the_rows_are_those_of_plays_that_wait(
    postgres: EmbeddedPostgres, admin: Any, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for is_ahead in (True, False):
        with monkeypatch.context() as patched, new_database(postgres, admin, template) as url:
            if not is_ahead:
                patched.setattr(applying, "may_go_ahead", lambda _batch: False)
            async with await open_lanes(url, DatabaseSettings()) as lanes:
                await committed(lanes)
            found.append(content(url))
    assert found[0] == found[1]


async def test_a_block_whose_plays_the_database_refuses_goes_on_without_them(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("ALTER TABLE plays ADD CONSTRAINT none_of_these CHECK (play_item_id <> 74)")
    first, second, *_ = blocks(CHAIN)
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        await writing.write(at, [second])
    assert await rows(connection, "SELECT name FROM users WHERE is_current") == [("one",)]
    assert await rows(connection, "SELECT count(*) FROM plays") == [(0,)]
    assert await rows(connection, "SELECT count(*) FROM backbeat.rejected_transactions") == [(2,)]


async def test_a_defect_in_a_handler_leaves_the_session_usable(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = blocks(CHAIN)
    async with writer(lanes) as (writing, start):
        at = (await writing.write(start, [first])).cursor
        with monkeypatch.context() as patched:

            def broken(_self: Batch) -> Any:
                raise LookupError("a defect")

            patched.setattr(Batch, "run", broken)
            with pytest.raises(LookupError):
                await writing.write(at, [second])
        assert await rows(connection, "SELECT count(*) FROM plays") == [(0,)]
        await writing.write(at, [second])
    assert await rows(connection, "SELECT count(*) FROM plays") == [(148,)]
