"""One statement, and its rows as the caller wants them: :func:`one`, :func:`first`, :func:`every`; or bare values.

``row`` is what a row becomes: a class, which gets the columns by their names, or ``tuple``, or ``dict``. ``prepare`` is
the driver's: ``False`` has the server plan the statement for these very values.

:func:`answers` asks several questions, each of one row, by one statement.

Each call is one exchange with the server, and waits for its answer. In a pipeline, execute all that is to go together
with ``connection.execute``, and fetch afterwards.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import AsyncRowFactory, class_row, dict_row, scalar_row, tuple_row

from backbeat.db.connection import RawLaneCursor

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

TOGETHER_MIN = 2
TOGETHER_KEPT = 512  # statements that ask several questions: a few for each keeper of which there are some hundred
VALUE = re.compile(rb"%\((\w+)\)[sb]")
END = "end_of_answer"
NOTHING: Mapping[str, Any] = MappingProxyType({})

_PLAIN: dict[Any, AsyncRowFactory[Any]] = {tuple: tuple_row, dict: dict_row}


async def one(
    connection: AsyncConnection[Any],
    row: type[R],
    query: QueryNoTemplate,
    values: Params | None = None,
    *,
    prepare: bool | None = None,
) -> R:
    """Return the row of a statement that always answers exactly one."""
    found = await first(connection, row, query, values, prepare=prepare)
    assert found is not None  # noqa: S101 - the caller says so
    return found


async def first(
    connection: AsyncConnection[Any],
    row: type[R],
    query: QueryNoTemplate,
    values: Params | None = None,
    *,
    prepare: bool | None = None,
) -> R | None:
    """Return the first row, or None where there is none."""
    async with connection.cursor(row_factory=_factory(row)) as cursor:
        return await (await cursor.execute(query, values, prepare=prepare)).fetchone()


async def every(
    connection: AsyncConnection[Any],
    row: type[R],
    query: QueryNoTemplate,
    values: Params | None = None,
    *,
    prepare: bool | None = None,
) -> list[R]:
    """Return all rows; the statement limits how many."""
    async with connection.cursor(row_factory=_factory(row)) as cursor:
        return await (await cursor.execute(query, values, prepare=prepare)).fetchall()


class Question(NamedTuple, Generic[R_co]):
    """A statement that always answers exactly one row, and what the row becomes."""

    row: Callable[..., R_co]
    """Gets the columns by their names."""

    query: str | bytes
    """The statement. A percent sign in it is doubled, whether or not it binds anything."""

    values: Mapping[str, Any] = NOTHING
    """What it binds, by name."""


async def answer(connection: AsyncConnection[Any], question: Question[R]) -> R:
    """Return its row."""
    return await one(connection, cast("type[R]", question.row), _bytes(question.query), question.values)


async def answers(connection: AsyncConnection[Any], questions: Sequence[Question[Any]]) -> list[Any]:
    """Return the row of each. One statement asks them all, and so as of one instant."""
    if len(questions) < TOGETHER_MIN:
        return [await answer(connection, question) for question in questions]
    together = _together(tuple(question.query for question in questions))
    values = [questions[at].values[name] for at, name in together.bound]
    async with RawLaneCursor(connection, row_factory=tuple_row) as cursor:
        found = await (await cursor.execute(together.statement, values)).fetchone()
        assert found is not None  # noqa: S101 - each answers one row
        told = zip((column.name for column in cursor.description or ()), found, strict=True)
        return [question.row(**dict(takewhile(_is_not_an_end, told))) for question in questions]


class _Together(NamedTuple):
    """Statements as one, and for each of its parameters the number of the statement that binds it, and its name."""

    statement: bytes
    bound: tuple[tuple[int, str], ...]


@lru_cache(maxsize=TOGETHER_KEPT)
def _together(queries: tuple[str | bytes, ...]) -> _Together:
    """Return one statement whose row is theirs, with a column END behind the columns of each.

    The server plans each by itself, as if it were alone: it never pulls what is MATERIALIZED into another query. The
    parameters are written as the server knows them, since the driver reads the whole text for others each time.
    """
    numbers: dict[tuple[int, str], int] = {}

    def numbered(at: int, query: str | bytes) -> bytes:
        text = VALUE.sub(lambda found: b"$%d" % _number(numbers, (at, found[1].decode())), _bytes(query))
        return b"asked_%d AS MATERIALIZED (\n%b\n)" % (at, text.replace(b"%%", b"%"))

    asked = b",\n".join(numbered(*each) for each in enumerate(queries))
    columns = b", ".join(b"asked_%d.*, NULL AS %b" % (at, END.encode()) for at in range(len(queries)))
    tables = b" CROSS JOIN ".join(b"asked_%d" % at for at in range(len(queries)))
    return _Together(b"WITH %b\nSELECT %b\nFROM %b" % (asked, columns, tables), tuple(numbers))


def _number(numbers: dict[tuple[int, str], int], bound: tuple[int, str]) -> int:
    return numbers.setdefault(bound, len(numbers) + 1)


def _bytes(query: str | bytes) -> bytes:
    return query.encode() if isinstance(query, str) else query


def _is_not_an_end(column: tuple[str, Any]) -> bool:
    return column[0] != END


async def value(
    connection: AsyncConnection[Any],
    query: QueryNoTemplate,
    values: Params | None = None,
    *,
    prepare: bool | None = None,
) -> Any:
    """Return the first column of the first row, or None where there is none."""
    found = await first(connection, tuple, query, values, prepare=prepare)
    return found[0] if found else None


async def column(
    connection: AsyncConnection[Any],
    query: QueryNoTemplate,
    values: Params | None = None,
    *,
    prepare: bool | None = None,
) -> list[Any]:
    """Return the first column of all rows."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        return await (await cursor.execute(query, values, prepare=prepare)).fetchall()


def _factory(row: Callable[..., R]) -> AsyncRowFactory[R]:
    return cast("AsyncRowFactory[R]", _PLAIN.get(row) or class_row(cast("type[R]", row)))
