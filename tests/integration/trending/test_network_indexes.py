"""The network's own indexes on scores come and go while scores are written, and a killed build is made good."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.derived.trending import network_indexes
from backbeat.errors import DatabaseError
from builders.terminal import backbeat

LOOKS_MAX = 200
WRITE = "INSERT INTO track_trending_scores VALUES (1, 'TRACKS', 'Pop', 'pnagD', 'week', 3, now())"


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        yield connection


async def states(session: AsyncConnection[Any]) -> set[str]:
    return {one.state for one in await network_indexes.find(session)}


async def names(done: AsyncIterator[network_indexes.ReadIndex]) -> list[str]:
    return [one.name async for one in done]


async def test_they_come_and_go(session: AsyncConnection[Any]) -> None:
    everything = [one.name for one in await network_indexes.find(session)]
    assert len(everything) == 9
    assert await states(session) == {"missing"}
    assert await names(network_indexes.create(session)) == everything
    assert await states(session) == {"there"}
    assert await names(network_indexes.create(session)) == []
    assert await names(network_indexes.drop(session)) == everything
    assert await names(network_indexes.drop(session)) == []
    assert await states(session) == {"missing"}


async def test_what_an_adopted_database_calls_otherwise_counts(session: AsyncConnection[Any]) -> None:
    await session.execute(
        "CREATE INDEX theirs ON track_trending_scores (type, version, time_range, score DESC, track_id)"
    )
    await session.execute("ALTER TABLE playlist_trending_scores ALTER type TYPE text")
    await session.execute(
        "CREATE INDEX too ON playlist_trending_scores (type, version, time_range, score DESC, playlist_id DESC)"
    )
    there = {one.name for one in await network_indexes.find(session) if one.state == "there"}
    assert there == {"theirs", "too"}
    assert "theirs" not in await names(network_indexes.create(session))
    assert "theirs" in await names(network_indexes.drop(session))


async def test_a_killed_build_is_made_anew(session: AsyncConnection[Any], database_url: str) -> None:
    async with await AsyncConnection.connect(database_url) as writer:
        await writer.execute(WRITE)  # and keeps the build from its end
        await session.execute("SET statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            await session.execute("CREATE INDEX CONCURRENTLY halfway ON track_trending_scores (genre)")
    [broken] = [one for one in await network_indexes.find(session) if one.state == "broken"]
    assert broken.name == "halfway"
    planned = await asyncio.to_thread(
        backbeat, "trending", "indexes", "create", "--dry-run", "--json", "--database", database_url
    )
    assert planned.json["statements"][:2] == [
        "DROP INDEX CONCURRENTLY IF EXISTS public.halfway",
        "CREATE INDEX CONCURRENTLY track_trending_scores_by_genre ON track_trending_scores (genre)",
    ]
    assert len(planned.json["statements"]) == 1 + 9
    assert len(await names(network_indexes.create(session))) == 9
    assert await states(session) == {"there"}


async def test_a_name_that_is_taken(session: AsyncConnection[Any]) -> None:
    await session.execute("CREATE INDEX playlist_trending_scores_by_playlist ON playlist_trending_scores (score)")
    with pytest.raises(DatabaseError, match='"playlist_trending_scores_by_playlist" already exists') as refused:
        await names(network_indexes.create(session))
    assert refused.value.code == "index_name_taken"
    await session.execute("ALTER INDEX playlist_trending_scores_by_playlist RENAME TO theirs")
    assert len(await names(network_indexes.create(session))) == 2  # seven were made before
    assert await states(session) == {"there"}


async def test_somebody_else_s_build_is_left_alone(session: AsyncConnection[Any], database_url: str) -> None:
    async with (
        await AsyncConnection.connect(database_url, autocommit=True) as builder,
        await AsyncConnection.connect(database_url) as writer,
    ):
        await writer.execute(WRITE)
        building = asyncio.create_task(
            builder.execute("CREATE INDEX CONCURRENTLY theirs ON track_trending_scores (track_id)")
        )
        for _ in range(LOOKS_MAX):
            if "building" in await states(session):
                break
            await asyncio.sleep(0.02)
        with pytest.raises(DatabaseError, match="is being built") as refused:
            await names(network_indexes.drop(session))
        assert refused.value.code == "index_building"
        await writer.rollback()
        await building
    assert await states(session) == {"there", "missing"}


def test_the_command_says_what_it_would_do_and_does_it(module_database_url: str) -> None:
    def indexes(*arguments: str) -> Any:
        return backbeat("trending", "indexes", *arguments, "--database", module_database_url)

    assert "CREATE INDEX CONCURRENTLY" in indexes("create", "--dry-run").out
    assert len(indexes("create", "--json").json["made"]) == 9
    assert {one["state"] for one in indexes("list", "--json").json} == {"there"}
    assert "there" in indexes("list").out
    assert "Nothing to do." in indexes("create").out
    assert len(indexes("drop", "--dry-run", "--json").json["statements"]) == 9
    assert indexes("drop").out.count("removed") == 9
    assert "missing" in indexes("list").out
