"""What the base tables said at the end of each block, as lists of rows."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from psycopg import AsyncConnection

Columns = Mapping[str, Any]

TABLES = (
    "users", "tracks", "playlists", "follows", "reposts", "saves", "remixes", "comments", "events", "user_events",
    "track_trending_scores", "playlist_trending_scores", "playlist_tracks",
)  # fmt: skip
TIMES = ("created_at", "release_date", "block_timestamp", "completed_at")
LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC
KEPT = """
    CREATE TABLE public.written (
        height bigint PRIMARY KEY, block_number integer, block_time timestamp, play_id bigint, tables jsonb
    );
    CREATE FUNCTION public.keep_written() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
    BEGIN
        INSERT INTO public.written
        VALUES (NEW.height, NEW.block_number, NEW.block_time, NEW.play_id, jsonb_build_object({tables}));
        RETURN NULL;
    END $$;
    CREATE TRIGGER keep_written AFTER INSERT OR UPDATE ON backbeat.cursor
        FOR EACH ROW EXECUTE FUNCTION public.keep_written()
"""
ALL_OF = "'{table}', (SELECT coalesce(jsonb_agg(to_jsonb(it)), '[]') FROM {table} AS it)"


class State:
    """The base tables at the end of a block; of versioned tables the current rows."""

    def __init__(self, tables: Mapping[str, Sequence[Columns]] | None = None, time: datetime = LONG_AGO) -> None:
        self._tables = tables or {}
        self.time = time

    def current(self, table: str) -> list[Columns]:
        """Return the rows of a table, superseded versions aside."""
        return [row for row in self._tables.get(table, ()) if row.get("is_current", True)]

    @cached_property
    def users(self) -> dict[int, Columns]:
        return {row["user_id"]: row for row in self.current("users")}

    @cached_property
    def tracks(self) -> dict[int, Columns]:
        return {row["track_id"]: row for row in self.current("tracks")}

    @cached_property
    def playlists(self) -> dict[int, Columns]:
        return {row["playlist_id"]: row for row in self.current("playlists")}

    @cached_property
    def comments(self) -> dict[int, Columns]:
        return {row["comment_id"]: row for row in self.current("comments")}

    @cached_property
    def events(self) -> dict[int, Columns]:
        return {row["event_id"]: row for row in self.current("events")}

    @cached_property
    def arrivals(self) -> dict[int, Columns]:
        """By user: where it came from, and whether it was ever seen on a mobile."""
        return {row["user_id"]: row for row in self.current("user_events")}

    def at(self, time: datetime) -> "State":
        """Return the same tables as they are looked at later."""
        return State(self._tables, time)

    def standing(self, table: str) -> list[Columns]:
        """Return the relations of a table that stand: current and not taken back."""
        return [row for row in self.current(table) if not row["is_delete"]]

    def is_listed(self, track: Columns) -> bool:
        """Say whether a track is public, or was to be by now: what is scheduled comes out when its time is past."""
        is_due = (
            track["is_scheduled_release"] and track["release_date"] is not None and track["release_date"] < self.time
        )
        return not track["is_unlisted"] or bool(is_due)

    def is_deactivated(self, user_id: int) -> bool:
        """Say whether a user is there and deactivated; of one who is not there nothing is known."""
        return user_id in self.users and bool(self.users[user_id]["is_deactivated"])

    def is_verified(self, user_id: int) -> bool:
        return user_id in self.users and bool(self.users[user_id]["is_verified"])


class Terms(NamedTuple):
    """A row of the catalogue, of a challenge that is on."""

    amount: int
    step_count: int | None
    starting_block: int


class Block(NamedTuple):
    """A block as it was left behind."""

    number: int
    """The value of ``blocknumber`` columns; a block without entity transactions has that of the last one with any."""
    is_numbered: bool
    """Whether it has a number of its own."""
    time: datetime
    """When it was made, naive UTC."""
    state: State
    """The tables at the end of the last numbered block; this one, if it has a number."""
    plays: Sequence[Columns]
    """The plays that it holds, in the order of their ids."""
    catalogue: Mapping[str, Columns]
    """The catalogue's rows that hold for it."""

    def terms(self, challenge_id: str) -> Terms | None:
        """Return what a challenge pays; None while it is off or not in the catalogue."""
        row = self.catalogue.get(challenge_id)
        if row is None or not row["active"]:
            return None
        amount = int(row["amount"]) if row["amount"].isdecimal() else 0
        return Terms(amount, row["step_count"], row["starting_block"] or 0)


class Written(NamedTuple):
    """A whole chain, and what came beside it."""

    blocks: Sequence[Block]
    """In order."""
    purchases: Sequence[Columns]
    """As they ended up, from first to last."""
    prices: Sequence[Columns]
    """What tracks were offered for."""
    tips: Sequence[Columns]
    """From first to last."""
    granted: Sequence[Columns]
    """Rewards that were written by hand, as they ended up."""


async def keep(connection: AsyncConnection[Any]) -> None:
    """Have every block that is committed write down what the tables say; blocks have to be committed one by one."""
    kept = ", ".join(ALL_OF.replace("{table}", table) for table in (*TABLES, "challenges"))
    await connection.execute(KEPT.replace("{tables}", kept).encode())


async def read(connection: AsyncConnection[Any]) -> Written:
    """Return what was kept."""
    plays = await _all(connection, "SELECT to_jsonb(it) FROM plays AS it ORDER BY id")
    beside = "SELECT to_jsonb(it) FROM {} AS it ORDER BY created_at, slot, signature"
    return Written(
        await _blocks(connection, plays),
        await _all(connection, beside.format("sol_purchases") + ", instruction_index"),
        await _all(connection, "SELECT to_jsonb(it) FROM track_price_history AS it ORDER BY block_timestamp"),
        await _all(connection, beside.format("user_tips")),
        await _all(connection, "SELECT to_jsonb(it) FROM user_challenges AS it"),  # no job ran
    )


async def _blocks(connection: AsyncConnection[Any], plays: Sequence[Columns]) -> list[Block]:
    query = b"SELECT block_number, block_time, play_id, tables::text FROM public.written ORDER BY height"
    found = await (await connection.execute(query)).fetchall()
    told = [json.loads(tables, object_hook=_with_times) for (_, _, _, tables) in found]
    _put_late_rows_where_they_belong([(row[0], tables) for row, tables in zip(found, told, strict=True)])
    blocks, number, play_id, state = [], 0, 0, State()
    for (number_then, time, upto, _), tables in zip(found, told, strict=True):
        is_numbered = number_then > number
        if is_numbered:
            state = State(tables, time)
        catalogue = {row["id"]: row for row in tables["challenges"]}
        held = [play for play in plays if play_id < play["id"] <= upto]
        blocks.append(Block(number_then, is_numbered, time, state, held, catalogue))
        number, play_id = number_then, upto
    return blocks


def _put_late_rows_where_they_belong(told: Sequence[tuple[int, dict[str, list[Columns]]]]) -> None:
    """A row that came late is part of every block from the one that it is stamped with."""
    for table, key in (("comments", "comment_id"), ("tracks", "track_id"), ("playlists", "playlist_id")):
        seen: set[int] = set()
        for at, (_, tables) in enumerate(told):
            new = [row for row in tables[table] if row[key] not in seen]
            seen |= {row[key] for row in new}
            for row in new:
                for number_then, earlier in told[:at]:
                    if row["blocknumber"] <= number_then:
                        earlier[table].append(row)


async def _all(connection: AsyncConnection[Any], query: str) -> list[Columns]:
    return [_with_times(row) for (row,) in await (await connection.execute(query.encode())).fetchall()]


def _with_times(row: dict[str, Any]) -> dict[str, Any]:
    for name in TIMES:
        if isinstance(row.get(name), str):
            row[name] = datetime.fromisoformat(row[name]).replace(tzinfo=None)
    return row
