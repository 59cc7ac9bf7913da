"""Puts one value of one field through its handler, and says what differs from the table."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from conformance.world import World, fixture_world

from backbeat.index.reject import Code
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.rows.track_lists import TrackListsRow
from fields.field import ABSENT, Cell, Field, Keeps, Pair, Sets

Rows: TypeAlias = dict[tuple[Any, ...], Row]
TOP = re.compile(r"\w+")
FLAT = ("Grant", "DeveloperApp", "DashboardWalletUser", "Notification", "Track/Save", "Playlist/Save", "Track/Repost")
"""Entity types, and pairs, whose payload clients send without a wrapping (4.2)."""
KINDS = tuple(row for row in ROW_TYPES if row is not TrackListsRow)


class Judged(NamedTuple):
    """What became of a value."""

    problem: str
    """What differs from the table; empty if nothing does."""
    rows: list[Row]
    """The rows that the transaction made or changed."""


def judge(pair: Pair, field: Field, tried: Cell) -> Judged:
    """Send a value in a small world; compare refusal, column, and every column that has nothing to do with it."""
    world = staged(pair, field)
    before = rows(world)
    code = send(world, pair, payload(pair, field, tried.sent))
    after = rows(world)
    if isinstance(tried.outcome, Code):
        if code is not tried.outcome:
            return Judged(f"refused for {code}, not {tried.outcome}" if code else f"taken, not {tried.outcome}", [])
        return Judged("refused, and changed something" if after != before else "", [])
    if code is not None:
        return Judged(f"refused for {code}", [])
    made = [row for key, row in after.items() if before.get(key) != row]
    return Judged("; ".join(_wrong(world, pair, field, tried.outcome, after)), made)


def _wrong(world: World, pair: Pair, field: Field, outcome: Sets | Keeps, after: Rows) -> Iterator[str]:
    if field.column:
        kept = field.default if pair.is_new else field.held
        expected = kept if isinstance(outcome, Keeps) else outcome.value
        found = held(world, pair, field)
        if not _is_same(found, expected):
            yield f"{field.column} is {_short(found)}, not {_short(expected)}"
    allowed = {*field.also, field.column} - {""}
    if others := sorted(changed(after, neutral(pair, field)) - allowed):
        yield f"also changed: {', '.join(others)}"


def staged(pair: Pair, field: Field) -> World:
    """Return the world in which a field is tried."""
    world = fixture_world(commits_each=True)
    if pair.stage:
        pair.stage(world)
    if not pair.is_new and field.held is not ABSENT and field.column and not field.reads:
        table, _, name = field.column.partition(".")
        row = row_of(world, pair, table)
        world.put(row.but(**{name: field.held}))
    if field.holds:
        field.holds(world)
    return world


def held(world: World, pair: Pair, field: Field) -> Any:
    """Return what a world holds of a field."""
    if field.reads:
        return field.reads(world)
    table, _, name = field.column.partition(".")
    return getattr(row_of(world, pair, table), name)


def row_of(world: World, pair: Pair, table: str) -> Row:
    """Return the row of a table that the pair is about."""
    return next(world.the(row, *identity) for row, identity in pair.rows.items() if row.table == table)


def payload(pair: Pair, field: Field, value: Any) -> dict[str, Any]:
    """Return the payload that says a value of a field, beside what has to be said."""
    top = key_of(field)
    rest = {key: said for key, said in {**pair.base, **field.beside}.items() if key != top}
    if field.says:
        return rest | field.says(value)
    return rest if value is ABSENT else {**rest, top: value}


def key_of(field: Field) -> str:
    """Return the outermost key of a field."""
    found = TOP.match(field.key)
    assert found is not None
    return found[0]


def name_of(pair: Pair) -> str:
    """Return the pair as it is written on the wire."""
    return pair.name.partition(",")[0]


def send(world: World, pair: Pair, said: dict[str, Any]) -> Code | None:
    """Send a payload as clients do; what can be written as it is, is."""
    name = name_of(pair)
    document = said if name.startswith(FLAT) else {"cid": "", "data": said}
    text = json.dumps(document, ensure_ascii=_has_unpaired(said))
    return world.send(pair.user_id, name, pair.entity_id, text, by=pair.by)


def _has_unpaired(said: Any) -> bool:
    return re.search("[\ud800-\udfff]", json.dumps(said, ensure_ascii=False)) is not None


def rows(world: World) -> Rows:
    """Return every row of a world by table and identity; those that are superseded have a place of their own."""
    return {
        (kind.table, *row.key(), getattr(row, "is_current", True)): row for kind in KINDS for row in world.all(kind)
    }


def changed(after: Rows, before: Rows) -> set[str]:
    """Return which columns differ, as ``table.column``; ``table.*`` where a row is in one of the two only."""
    found = {f"{key[0]}.*" for key in after.keys() ^ before.keys()}
    for key in after.keys() & before.keys():
        if after[key] != before[key]:
            fields = after[key].__struct_fields__
            found |= {f"{key[0]}.{name}" for name in fields if getattr(after[key], name) != getattr(before[key], name)}
    return found


_neutral: dict[tuple[str, str, int], Rows] = {}


def neutral(pair: Pair, field: Field) -> Rows:
    """Return what a world holds after the same transaction without the field, or with what has to be said in it."""
    key = (pair.name, field.key, id(field))
    if key not in _neutral:
        world = staged(pair, field)
        if send(world, pair, payload(pair, field, ABSENT)) is not None:
            world = staged(pair, field)
            code = send(world, pair, dict(pair.base) | dict(field.beside))
            assert code is None, f"{pair.name} without {field.key} is refused for {code}"
        _neutral[key] = rows(world)
    return _neutral[key]


def _is_same(found: Any, expected: Any) -> bool:
    return type(found) is type(expected) and found == expected


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]} … ({len(text)})"
