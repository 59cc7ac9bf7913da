"""Comparing two states finds what differs, and costs no more than it may, whatever the other side answers."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest

from backbeat.digest.answers import (
    DIGITS_MAX,
    ROWS_MAX,
    STEP_DIGITS,
    Bucket,
    Buckets,
    Digest,
    FoundRow,
    FoundRows,
    TableDigest,
    summed,
)
from backbeat.digest.compare import LISTS_MAX, SHOWN_MAX, compare
from backbeat.digest.side import TRIES_MAX
from backbeat.errors import DigestAnswerError, DigestError

COLUMNS = ("id", "name")
Rows = Sequence[tuple[str, str | None]]


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Held:
    """A state of one table, whose rows are known by their id."""

    def __init__(self, rows: Rows, height: int = 7) -> None:
        self.rows_held = [
            FoundRow(hashed(key), hashed(f"{key} {value}"), (key, value), (hashed(key), value and hashed(value)))
            for key, value in rows
        ]
        self.height = height
        self.asked = Counter[str]()

    async def digest(self, names: Collection[str] = ()) -> Digest:
        assert {*names} <= {"t"}
        self.asked["digest"] += 1
        table = TableDigest(
            table="t", kind="base", rows=len(self.rows_held), digest=self._sum(self.rows_held), columns=COLUMNS
        )
        return Digest(
            chain_id="dev", height=self.height, block_hash="", exact=False, digest=table.digest, tables=(table,)
        )

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        assert table == "t"
        self.asked["buckets"] += 1
        digits = len(prefixes[0]) + STEP_DIGITS
        found: dict[str, list[FoundRow]] = {}
        for row in self._of(prefixes):
            found.setdefault(row.place[:digits], []).append(row)
        parts = (Bucket(each, len(rows), self._sum(rows)) for each, rows in sorted(found.items()))
        return Buckets(self.height, tuple(parts))

    async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
        assert table == "t"
        self.asked["rows"] += 1
        found = sorted(self._of(prefixes), key=lambda row: (row.place, row.hash))
        return FoundRows(self.height, COLUMNS, ("id",), tuple(found[:ROWS_MAX]))

    def _of(self, prefixes: Sequence[str]) -> list[FoundRow]:
        return [row for row in self.rows_held if row.place.startswith(tuple(prefixes))]

    def _sum(self, rows: Sequence[FoundRow]) -> str:
        return summed(Decimal(0), Decimal(sum(int(row.hash[:32], 16) for row in rows)))


def rows(number: int, other: Mapping[int, str | None] = {}) -> list[tuple[str, str | None]]:
    return [(f"k{n}", other.get(n, f"v{n}")) for n in range(number)]


async def test_equal_states_cost_one_question() -> None:
    one, other = Held(rows(100)), Held([*reversed(rows(100))])
    found = await compare(one, other)
    assert (found.is_equal, found.rows, one.asked) == (True, 100, {"digest": 1})


async def test_a_row_is_found_in_a_few_questions_however_large_the_table() -> None:
    one, other = Held(rows(20_000)), Held(rows(20_000, {77: "else"}))
    (found,) = (await compare(one, other)).differing
    (row,) = found.differences
    assert (row.row, row.columns, found.is_whole) == ({"id": "k77"}, {"name": ("v77", "else")}, True)
    assert one.asked == other.asked == {"digest": 1, "buckets": 2, "rows": 1}


async def test_nothing_and_an_empty_text_differ() -> None:
    (found,) = (await compare(Held(rows(10, {3: None})), Held(rows(10, {3: ""})))).differing
    assert found.differences[0].columns == {"name": (None, "")}


async def test_many_rows_that_differ_are_cut_and_said_to_be() -> None:
    one, other = Held(rows(5_000)), Held(rows(5_000, dict.fromkeys(range(5_000), "else")))
    (found,) = (await compare(one, other)).differing
    assert not found.is_whole
    assert SHOWN_MAX <= len(found.differences) <= SHOWN_MAX + ROWS_MAX
    assert one.asked.total() < 10


async def test_a_row_that_is_there_a_thousand_times_is_seen_to_be() -> None:
    one, other = Held(rows(1)), Held(rows(1) * 1_000)
    (found,) = (await compare(one, other)).differing
    assert (found.rows_here, found.rows_there, found.is_whole) == (1, 1_000, False)
    assert other.asked["buckets"] == DIGITS_MAX // STEP_DIGITS


async def test_what_one_side_has_written_over_is_not_compared_and_said_to_be() -> None:
    class Past(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            found = await super().digest(names)
            more = msgspec.structs.replace(found.tables[0], table="growing")
            return changed(found, tables=(more,), past=("t",))

    class Both(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            found = await super().digest(names)
            return changed(found, tables=(*found.tables, msgspec.structs.replace(found.tables[0], table="growing")))

    for one, other in ((Both(rows(3)), Past(rows(3))), (Past(rows(3)), Both(rows(3)))):
        found = await compare(one, other)
        assert (found.is_equal, found.past, found.tables, found.rows) == (True, ["t"], 1, 3)


class Lying(Held):
    """Says that every part differs, at every depth, and has as many rows as can be."""

    async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
        self.asked[f"buckets of {table}"] += 1
        parts = (Bucket(f"{each}{n:02x}", 2**62, "0" * 32) for each in prefixes for n in range(256))
        return Buckets(self.height, tuple(parts))


async def test_a_liar_costs_no_more_than_may_be() -> None:
    here, there = Held(rows(300)), Lying(rows(300, {5: "else"}))
    found = await compare(here, there)
    assert not found.is_equal
    assert here.asked["buckets"] <= DIGITS_MAX // STEP_DIGITS
    assert here.asked["rows"] <= LISTS_MAX


async def test_who_hides_a_difference_differs_all_the_same() -> None:
    here = Held(rows(300))

    class Hiding(Held):
        async def buckets(self, table: str, prefixes: Sequence[str]) -> Buckets:
            return await here.buckets(table, prefixes)

    (found,) = (await compare(here, Hiding(rows(300, {5: "else"})))).differing
    assert (found.differences, found.is_whole) == ((), False)


async def test_rows_of_other_columns_are_refused() -> None:
    class Other(Held):
        async def rows(self, table: str, prefixes: Sequence[str]) -> FoundRows:
            found = await super().rows(table, prefixes)
            return FoundRows(found.height, ("id", "title"), found.names, found.rows)

    with pytest.raises(DigestAnswerError) as refused:
        await compare(Held(rows(3)), Other(rows(4)))
    assert refused.value.code == "digest_columns_differ"


@pytest.mark.parametrize(("apart", "questions"), [(1, 2), (1_000, 1)])
async def test_states_of_two_heights_are_not_compared(apart: int, questions: int) -> None:
    one, other = Held(rows(3)), Held(rows(3), height=7 + apart)
    with pytest.raises(DigestError) as refused:
        await compare(one, other)
    assert refused.value.code == "digest_heights_differ"
    assert one.asked["digest"] == questions


async def test_two_that_never_meet_are_given_up() -> None:
    class Following(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            self.height += 1
            return await super().digest(names)

    one = Following(rows(3), height=7)
    with pytest.raises(DigestError):
        await compare(one, Following(rows(3), height=8))
    assert one.asked["digest"] == TRIES_MAX + 1


async def test_two_that_follow_the_chain_are_compared_where_they_meet() -> None:
    class Following(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            self.height += 1
            return await super().digest(names)

    class Ahead(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            self.height += self.asked["digest"] == 1
            return await super().digest(names)

    assert (await compare(Following(rows(3), height=7), Ahead(rows(3), height=8))).height in {8, 9}


def changed(digest: Digest, **fields: object) -> Digest:
    return Digest(**{**{name: getattr(digest, name) for name in digest.__struct_fields__}, **fields})


Change = Callable[[Digest], Digest]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda digest: changed(digest, chain_id="other"), "digest_chains_differ"),
        (lambda digest: changed(digest, tables=()), "digest_nothing_compared"),
    ],
)
async def test_what_cannot_be_compared_is_not_equal(change: Change, code: str) -> None:
    class Other(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            return change(await super().digest(names))

    with pytest.raises(DigestError) as refused:
        await compare(Other(rows(3)), Held(rows(3)))
    assert refused.value.code == code


async def test_a_table_with_other_columns_or_none_at_all_differs() -> None:
    class Wider(Held):
        async def digest(self, names: Collection[str] = ()) -> Digest:
            found = await super().digest(names)
            (table,) = found.tables
            wider = TableDigest(table="t", kind="base", rows=table.rows, digest=table.digest, columns=(*COLUMNS, "of"))
            more = TableDigest(table="u", kind="base", rows=1, digest=table.digest, columns=COLUMNS)
            empty = TableDigest(table="v", kind="base", rows=0, digest=table.digest, columns=COLUMNS)
            return changed(found, tables=(wider, more, empty))

    one, other = (await compare(Held(rows(3)), Wider(rows(3)))).differing
    assert (one.table, one.columns, one.is_whole) == ("t", ["of"], False)
    assert (other.table, other.rows_here, other.rows_there) == ("u", None, 1)
