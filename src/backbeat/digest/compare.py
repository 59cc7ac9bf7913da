"""Two states compared: the sums of their tables, then those of ever smaller parts, then the rows that differ.

What it costs is bounded whatever the other side answers: at most 32 parts are followed at a time, six times deeper,
and some 200 rows shown of a table.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from backbeat.digest.answers import DIGITS_MAX, PREFIXES_MAX, ROWS_MAX, Buckets, Digest, FoundRows, TableDigest
from backbeat.digest.rows import RowDifference, paired
from backbeat.digest.side import TRIES_MAX, Side
from backbeat.errors import DigestAnswerError, DigestError

PART_ROWS: Final = 20  # a part of so many rows is listed rather than divided: one question instead of two
SHOWN_MAX: Final = 200  # rows that differ, of one table; more say no more
LISTS_MAX: Final = 64  # questions for rows, of one table: what is honest shows 200 rows in fewer
APART_MAX: Final = 3  # heights between two that may be at one at the next look

T = TypeVar("T", Digest, Buckets, FoundRows)
Told = Callable[[str], None]


class TableDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A table that two states do not have alike."""

    table: str
    """Its name."""
    kind: str
    """Who writes it: base, derived, others."""
    rows_here: int | None
    """How many rows there are here; None: the table is not here."""
    rows_there: int | None
    """How many there are there."""
    columns: Sequence[str] = ()
    """Columns that only one side has; then rows are not compared."""
    differences: Sequence[RowDifference] = ()
    """The rows that differ."""
    is_whole: bool = True
    """Whether these are all of them."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of comparing two states."""

    chain_id: str
    """The chain of both."""
    height: int
    """The height of both."""
    tables: int
    """Tables that were compared."""
    rows: int
    """Rows that the compared tables have here."""
    differing: Sequence[TableDifference]
    """Tables that differ."""
    past: Sequence[str]
    """Tables that could not be compared, because one side has written over their rows of that height."""

    @property
    def is_equal(self) -> bool:
        """Whether no table differs."""
        return not self.differing


async def compare(here: Side, there: Side, names: Collection[str] = (), told: Told = lambda _: None) -> Comparison:
    """Return where two states differ, of all tables or the named ones; ``told`` hears what is looked at."""
    told("all tables")
    one, other = await _agreeing(lambda side: side.digest(names), here, there)
    if one.chain_id != other.chain_id:
        raise DigestError(
            "digest_chains_differ",
            f"Here is the chain {one.chain_id[:100]!r}, there {other.chain_id[:100]!r}.",
            cure="Compare instances of one chain.",
        )
    past = {*one.past, *other.past}
    tables = [table for table in one.tables if table.table not in past]
    if not tables:
        raise DigestError(
            "digest_nothing_compared",
            "No table was compared.",
            cure="Ask for a table that only grows, or leave --at out.",
        )
    found = [await _narrowed(each, here, there, told) for each in _pairs(one, other) if each.name not in past]
    return Comparison(
        chain_id=one.chain_id,
        height=one.height,
        tables=len({table.table for table in (*one.tables, *other.tables)} - past),
        rows=sum(table.rows for table in tables),
        differing=[each for each in found if each is not None],
        past=sorted(past),
    )


class _Pair(msgspec.Struct, frozen=True):
    """A table's sums on both sides, which are not alike."""

    name: str
    here: TableDigest | None
    there: TableDigest | None


def _pairs(one: Digest, other: Digest) -> Iterator[_Pair]:
    mine, others = ({table.table: table for table in digest.tables} for digest in (one, other))
    for name in sorted(mine.keys() | others.keys()):
        pair = _Pair(name, mine.get(name), others.get(name))
        if pair.here != pair.there and any(table is not None and table.rows for table in (pair.here, pair.there)):
            yield pair


async def _narrowed(pair: _Pair, here: Side, there: Side, told: Told) -> TableDifference | None:
    """Return how a table differs; None where it does no more, which rows that are being written may do."""
    one, other = pair.here, pair.there
    either = one or other
    assert either is not None  # noqa: S101 - one of them is there
    found = TableDifference(
        table=either.table,
        kind=either.kind,
        rows_here=one.rows if one else None,
        rows_there=other.rows if other else None,
    )
    if one is None or other is None:
        return found
    if one.columns != other.columns:
        return msgspec.structs.replace(found, columns=sorted({*one.columns} ^ {*other.columns}), is_whole=False)
    search = _Search(here, there, either.table, told)
    await search.run()
    if not search.differences:
        one_again, other_again = await _agreeing(lambda side: side.digest([either.table]), here, there)
        if one_again.tables == other_again.tables:
            return None
        return msgspec.structs.replace(found, is_whole=False)
    return msgspec.structs.replace(found, differences=search.differences, is_whole=search.is_whole)


class _Search:
    """The search for the rows of one table that differ."""

    def __init__(self, here: Side, there: Side, table: str, told: Told) -> None:
        self._sides = (here, there)
        self._table = table
        self._told = told
        self._lists = 0
        self.differences: list[RowDifference] = []
        self.is_whole = True

    async def run(self) -> None:
        """Divide the parts that differ until they are small, and list those."""
        large = [""]
        while large:
            small, large = await self._divided(large)
            for group in _groups(small):
                if len(self.differences) >= SHOWN_MAX or self._lists == LISTS_MAX:
                    self.is_whole = False
                    return
                await self._list(group)

    async def _divided(self, prefixes: Sequence[str]) -> tuple[dict[str, int], list[str]]:
        """Return the parts that differ: those to be listed, with their rows, and those to be divided."""
        self._told(f"{self._table}, parts of {len(prefixes)}")
        one, other = await _agreeing(lambda side: side.buckets(self._table, prefixes), *self._sides)
        mine, others = ({each.prefix: each for each in found.buckets} for found in (one, other))
        sizes = {
            prefix: max(found.rows for found in (mine.get(prefix), others.get(prefix)) if found)
            for prefix in sorted(mine.keys() | others.keys())
            if mine.get(prefix) != others.get(prefix)
        }
        large = [prefix for prefix, size in sizes.items() if size > PART_ROWS and len(prefix) < DIGITS_MAX]
        if len(large) > PREFIXES_MAX:
            self.is_whole = False
        return {prefix: size for prefix, size in sizes.items() if prefix not in {*large}}, large[:PREFIXES_MAX]

    async def _list(self, prefixes: Sequence[str]) -> None:
        self._lists += 1
        self._told(f"{self._table}, rows of {len(prefixes)}")
        one, other = await _agreeing(lambda side: side.rows(self._table, prefixes), *self._sides)
        if one.columns != other.columns or one.names != other.names:
            raise DigestAnswerError(
                "digest_columns_differ",
                f"The rows of {self._table} are told by other columns there than before.",
                cure="Compare again; if it is so again, the other instance is of another version.",
            )
        found, is_whole = paired(one, other)
        self.differences += found
        self.is_whole = self.is_whole and is_whole


def _groups(parts: dict[str, int]) -> Iterator[Sequence[str]]:
    """Yield parts together whose rows fit into one answer; a part that is too large stands alone."""
    group, rows = list[str](), 0
    for prefix, size in parts.items():
        if group and (rows + size >= ROWS_MAX or len(group) == PREFIXES_MAX):
            yield group
            group, rows = [], 0
        group.append(prefix)
        rows += size
    if group:
        yield group


async def _agreeing(ask: Callable[[Side], Awaitable[T]], here: Side, there: Side) -> tuple[T, T]:
    """Return both answers to a question, of one height."""
    one, other = await _both(ask(here), ask(there))
    for _ in range(TRIES_MAX):
        if one.height == other.height:
            return one, other
        if abs(one.height - other.height) > APART_MAX:
            break
        before = one.height, other.height
        one, other = await _both(ask(here), ask(there))
        if (one.height, other.height) == before:
            break
    raise DigestError(
        "digest_heights_differ",
        f"Here is height {one.height}, there {other.height}.",
        cure="Let both index up to one height, with `backbeat up --stop-at HEIGHT`, and compare them then.",
    )


async def _both(one: Awaitable[T], other: Awaitable[T]) -> tuple[T, T]:
    """Wait for both; where one fails, the other is cancelled."""
    tasks = (asyncio.ensure_future(one), asyncio.ensure_future(other))
    try:
        return await asyncio.gather(tasks[0], tasks[1])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
