"""What a client says, cut into messages, commits and awaited answers; and that it can be said again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from chaos.content import content
from clusters import cluster_folder

from bench.ceiling.frontend import LENGTH, Message, Session, answers_awaited, commits, in_turn, session
from bench.ceiling.resend import in_single_trips, whole
from bench.ceiling.tap import address, tapped
from bench.same_rows import compare
from bench.server import Server, running

FIRST_PACKET = b"user\0backbeat\0application_name\0backbeat/indexing\0\0"
WORK = (
    "CREATE TABLE public.counted (id int PRIMARY KEY, name text)",
    "BEGIN",
    "INSERT INTO public.counted SELECT n, 'n' || n FROM generate_series(1, 100) AS n",
    "COMMIT",
)


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + LENGTH.pack(LENGTH.size + len(body)) + body


def parse(name: bytes, query: bytes) -> bytes:
    return message(b"P", name + b"\0" + query + b"\0\0\0")


def bind(name: bytes) -> bytes:
    return message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0")


def messages(*said: bytes) -> list[Message]:
    return [Message(each[:1], each) for each in said]


EXECUTE, SYNC, COPIED, DONE = message(b"E", b"\0" * 5), message(b"S"), message(b"d", b"row"), message(b"c")


def test_what_lets_a_session_in_or_ends_it_is_left_out() -> None:
    opening = LENGTH.pack(8 + len(FIRST_PACKET)) + LENGTH.pack(196_608) + FIRST_PACKET
    query = message(b"Q", b"SELECT 1\0")
    found = session([(3, opening + message(b"p", b"secret\0")), (5, query[:4]), (8, query[4:] + message(b"X"))])
    assert found is not None
    assert found.stream == query
    assert [each.order for each in found.messages] == [8]
    assert found.parameters == {"user": "backbeat", "application_name": "backbeat/indexing"}
    assert b"database\0copied\0" in found.first_packet("copied")
    assert session([(0, LENGTH.pack(16) + LENGTH.pack(80_877_102) + b"\0" * 8)]) is None  # asks to cancel


def test_a_copy_is_answered_once() -> None:
    copied = [parse(b"", b"COPY plays FROM STDIN"), bind(b""), EXECUTE, SYNC, COPIED, DONE, SYNC]
    assert answers_awaited(messages(message(b"Q", b"BEGIN\0"), *copied)) == 2


def test_commits_are_told_apart_however_they_are_sent() -> None:
    simple = [message(b"Q", b"BEGIN\0"), message(b"Q", b"COMMIT\0")]
    unnamed = [parse(b"", b"COMMIT"), bind(b""), EXECUTE, SYNC]
    prepared = [parse(b"_pg3_1", b"commit"), SYNC, bind(b"_pg3_1"), EXECUTE, message(b"S")]
    other = [parse(b"", b"SELECT 1"), bind(b""), EXECUTE, SYNC]
    pieces = list(commits(messages(*simple, *unnamed, *prepared, *other)))
    assert [len(piece) for piece in pieces] == [2, 4, 5, 4]


def test_sessions_that_commit_in_turn_are_told_in_that_order() -> None:
    def spoken(*orders: int) -> Session:
        return Session({}, [Message(b"Q", message(b"Q", b"COMMIT\0"), order) for order in orders])

    first, second = spoken(1, 2, 6), spoken(4, 5, 9)
    found = [(at, [each.order for each in said]) for at, said in in_turn([first, second])]
    assert found == [(0, [1, 2]), (1, [4, 5]), (0, [6]), (1, [9])]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with _server() as running_:
        yield running_


@asynccontextmanager
async def _server() -> AsyncIterator[Server]:
    with cluster_folder() as folder:
        async with running(folder) as running_:
            yield running_


@pytest.mark.slow
async def test_what_is_said_again_comes_to_the_same(server: Server) -> None:
    async with server.database() as url, server.database() as streamed, server.database() as stepped:
        async with tapped(url) as (through, tap):
            async with await psycopg.AsyncConnection.connect(
                through, autocommit=True, application_name="backbeat/indexing"
            ) as connection:
                for statement in WORK:
                    await connection.execute(statement.encode())
            async with await psycopg.AsyncConnection.connect(through, autocommit=True) as another:
                await another.execute("SELECT 1")
        (said,) = tap.indexing
        assert await whole([said], address(streamed)) > 0
        assert len(await in_single_trips(said, address(stepped))) == 1
        assert content(url)["public.counted"][0] == 100
        assert content(url) == content(streamed) == content(stepped)
        with pytest.raises(RuntimeError, match="already exists"):
            await whole([said], address(streamed))


@pytest.mark.slow
async def test_rows_that_only_one_side_has_are_told(server: Server) -> None:
    async with server.database() as old, server.database() as new:
        for url, name in ((old, "a"), (new, "b")):
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute("CREATE TABLE public.told (id int, name text)")
                await connection.execute("INSERT INTO public.told VALUES (1, 'same'), (2, %s), (2, %s)", [name, "same"])
        async with await psycopg.AsyncConnection.connect(new, autocommit=True) as connection:
            await connection.execute("ALTER TABLE public.told ADD COLUMN later int")
        found = compare(old, new)
    (difference,) = found.differences
    assert (difference.table, difference.only_before, difference.only_after) == ("public.told", ["(2,a)"], ["(2,b)"])
    assert found.columns == ["public.told.later"]
