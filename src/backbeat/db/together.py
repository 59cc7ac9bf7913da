"""Several statements as one, which is one exchange with the server: questions, or writes to different tables.

The server plans each by itself, as if it were alone. Parameters are written as the server knows them, since the driver
reads a long text for others each time.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.rows import class_row, tuple_row
from psycopg.sql import Literal

from backbeat.db.connection import RawLaneCursor

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

TOGETHER_MIN = 2
KEEPS_PLANS_SINCE = 180_000  # the version from which on the sessions of jobs never read a table whole for a few rows
TEXTS_KEPT = 512  # of questions, and of writes: one or two for each keeper, of which there are some hundred
VALUE = re.compile(rb"%\((\w+)\)[sb]")
END = "end_of_answer"
NOTHING: Mapping[str, Any] = MappingProxyType({})

Text = str | bytes


class Question(NamedTuple, Generic[R_co]):
    """A statement that always answers exactly one row, and what the row becomes."""

    row: Callable[..., R_co]
    """Gets the columns by their names."""

    query: Text
    """The statement. A percent sign in it is doubled, whether or not it binds anything."""

    values: Mapping[str, Any] = NOTHING
    """What it binds, by name."""

    is_fixed: bool = False
    """The values, texts, numbers and lists of them, are the same each time that it is asked."""


def kept(connection: AsyncConnection[Any], *, few: bool) -> bool | None:
    """Return what the driver is told of a statement's plan: to keep it for few rows, else to have one for the values.

    Of those that it keeps the server makes one each time as long as that seems cheaper than any that suits all values.
    """
    return None if few and connection.info.server_version >= KEEPS_PLANS_SINCE else False


async def answer(connection: AsyncConnection[Any], question: Question[R]) -> R:
    """Return its row."""
    query, values = _asked(connection, question)
    row = class_row(cast("type[R]", question.row))
    async with connection.cursor(row_factory=row) as cursor:
        await cursor.execute(_bytes(query), values)
        assert cursor.rowcount == 1  # noqa: S101 - each answers one row
        return cast("R", await cursor.fetchone())  # which may become None


async def long_rows(connection: AsyncConnection[Any], row: type[R], query: Text, values: Mapping[str, Any]) -> list[R]:
    """Return all rows of one statement that is too long for the driver to remember what it has read in its text."""
    long = _alone(query)
    async with RawLaneCursor(connection, row_factory=class_row(row)) as cursor:
        return await (await cursor.execute(long.statement, [values[name] for _, name in long.bound])).fetchall()


async def answers(connection: AsyncConnection[Any], questions: Sequence[Question[Any]]) -> list[Any]:
    """Return the row of each. One statement asks them all, and so as of one instant."""
    if len(questions) < TOGETHER_MIN:
        return [await answer(connection, question) for question in questions]
    texts, bound = zip(*(_asked(connection, question) for question in questions), strict=True)
    asking = _asking(texts)
    values = [bound[at][name] for at, name in asking.bound]
    async with RawLaneCursor(connection, row_factory=tuple_row) as cursor:
        found = await (await cursor.execute(asking.statement, values)).fetchone()
        assert found is not None  # noqa: S101 - each answers one row
        told = zip((column.name for column in cursor.description or ()), found, strict=True)
        return [question.row(**dict(takewhile(_is_not_an_end, told))) for question in questions]


def _asked(connection: AsyncConnection[Any], question: Question[Any]) -> tuple[Text, Mapping[str, Any]]:
    """Return what to send, and what it binds.

    Of a statement that binds nothing the server keeps its first plan; of others it makes five before, and more where it
    takes unknown values for dear. It is a plan of a table's size at the time: before 18 that may be to read it whole.
    """
    if not question.is_fixed or connection.info.server_version < KEEPS_PLANS_SINCE:
        return question.query, question.values
    values = tuple((name, tuple(it) if isinstance(it, list) else it) for name, it in question.values.items())
    return _filled(question.query, values), NOTHING


@lru_cache(maxsize=TEXTS_KEPT)
def _filled(query: Text, values: tuple[tuple[str, Any], ...]) -> bytes:
    """Return the statement with its values in it."""
    known = {name: Literal(list(it) if isinstance(it, tuple) else it).as_bytes() for name, it in values}
    return VALUE.sub(lambda found: known[found[1].decode()].replace(b"%", b"%%"), _bytes(query))


class Write(NamedTuple):
    """A statement that writes, and answers nothing."""

    query: Text
    """The statement. A percent sign in it is doubled."""

    values: Mapping[str, Any]
    """What it binds, by name."""


async def write(connection: AsyncConnection[Any], writes: Sequence[Write]) -> None:
    """Execute all: none of them sees what another does, nor writes the same rows."""
    if len(writes) < TOGETHER_MIN:
        for each in writes:
            await connection.execute(_bytes(each.query), each.values)
        return
    writing = _writing(tuple(each.query for each in writes))
    async with RawLaneCursor(connection) as cursor:
        await cursor.execute(writing.statement, _values(writing, writes))


async def write_before(connection: AsyncConnection[Any], writes: Sequence[Write], last: Write) -> None:
    """Execute all together with ``last``, a query that raises on the server what forbids them."""
    parts = (*writes, last)
    writing = _proving(tuple(each.query for each in parts))
    async with RawLaneCursor(connection) as cursor:
        await cursor.execute(writing.statement, _values(writing, parts))


async def write_if(connection: AsyncConnection[Any], writes: Sequence[Write], proof: Write) -> bool:
    """Execute all, and say whether ``proof``, a query that locks what it finds, finds anything, by one statement.

    If it does not, the caller rolls the transaction back: by then everything is written.
    """
    parts = (*writes, proof)
    writing = _proving(tuple(each.query for each in parts))
    async with RawLaneCursor(connection, row_factory=tuple_row) as cursor:
        return await (await cursor.execute(writing.statement, _values(writing, parts))).fetchone() is not None


class _Together(NamedTuple):
    """Statements as one, and for each of its parameters the number of the statement that binds it, and its name."""

    statement: bytes
    bound: tuple[tuple[int, str], ...]


@lru_cache(maxsize=TEXTS_KEPT)
def _asking(queries: tuple[Text, ...]) -> _Together:
    """Return a statement whose row is theirs, with a column END behind the columns of each.

    What is MATERIALIZED is never pulled into another query.
    """
    parts, bound = _numbered(queries)
    asked = b",\n".join(b"asked_%d AS MATERIALIZED (\n%b\n)" % each for each in enumerate(parts))
    columns = b", ".join(b"asked_%d.*, NULL AS %b" % (at, END.encode()) for at in range(len(parts)))
    tables = b" CROSS JOIN ".join(b"asked_%d" % at for at in range(len(parts)))
    return _Together(b"WITH %b\nSELECT %b\nFROM %b" % (asked, columns, tables), bound)


@lru_cache(maxsize=TEXTS_KEPT)
def _writing(queries: tuple[Text, ...]) -> _Together:
    """Return a statement that does what they do: what writes in a WITH is always executed, and to its end."""
    parts, bound = _numbered(queries)
    done = b",\n".join(b"done_%d AS (\n%b\n)" % each for each in enumerate(parts))
    return _Together(b"WITH %b\nSELECT" % done, bound)


@lru_cache(maxsize=TEXTS_KEPT)
def _alone(query: Text) -> _Together:
    """Return one statement as it stands."""
    [part], bound = _numbered((query,))
    return _Together(part, bound)


@lru_cache(maxsize=TEXTS_KEPT)
def _proving(queries: tuple[Text, ...]) -> _Together:
    """Return a statement that does what all but the last do, and answers what the last finds."""
    (*parts, proof), bound = _numbered(queries)
    done = b"".join(b"done_%d AS (\n%b\n),\n" % each for each in enumerate(parts))
    return _Together(b"WITH %bproof AS MATERIALIZED (\n%b\n)\nSELECT FROM proof" % (done, proof), bound)


def _values(together: _Together, parts: Sequence[Write]) -> list[Any]:
    return [parts[at].values[name] for at, name in together.bound]


def _numbered(queries: Sequence[Text]) -> tuple[list[bytes], tuple[tuple[int, str], ...]]:
    """Return the texts with numbers for parameters, and which is which; each query has its own."""
    numbers: dict[tuple[int, str], int] = {}

    def number(at: int, name: bytes) -> bytes:
        return b"$%d" % numbers.setdefault((at, name.decode()), len(numbers) + 1)

    def numbered(at: int, query: Text) -> bytes:
        return VALUE.sub(lambda found: number(at, found[1]), _bytes(query)).replace(b"%%", b"%")

    return [numbered(at, query) for at, query in enumerate(queries)], tuple(numbers)


def _bytes(query: Text) -> bytes:
    return query.encode() if isinstance(query, str) else query


def _is_not_an_end(column: tuple[str, Any]) -> bool:
    return column[0] != END
