"""One statement, and its rows as the caller wants them: :func:`one`, :func:`first`, :func:`every`; or bare values.

``row`` is what a row becomes: a class, which gets the columns by their names, or ``tuple``, or ``dict``. ``prepare`` is
the driver's: ``False`` has the server plan the statement for these very values.

To ask several questions by one statement, see :mod:`backbeat.db.together`.

Each call is one exchange with the server, and waits for its answer. In a pipeline, execute all that is to go together
with ``connection.execute``, and fetch afterwards.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import AsyncRowFactory, class_row, dict_row, scalar_row, tuple_row

R = TypeVar("R")

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
