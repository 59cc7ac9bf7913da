"""Writes base rows as the block loop does: whole blocks in one transaction, together with the cursor."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from harness.cursor import move_cursor
from harness.emptying import empty

WRITTEN = (
    "blocks", "users", "tracks", "plays", "aggregate_plays", "aggregate_monthly_plays", "milestones", "notification",
    "aggregate_user", "aggregate_track", "hourly_play_counts", "user_listening_history", "user_challenges",
    "user_score_features", "user_distinct_play_hours", "user_distinct_play_tracks", "indexing_checkpoints",
    "backbeat.cursor", "backbeat.changes", "backbeat.consumers", "backbeat.clocks", "backbeat.standing_changes",
    "backbeat.challenge_starts", "backbeat.pruned_hours", "backbeat.pruned_listens", "backbeat.pruned_plays",
)  # fmt: skip
GENESIS = datetime(2025, 6, 1)  # noqa: DTZ001 - the network's columns hold naive UTC


class Play(NamedTuple):
    track_id: int
    user_id: int | None = None
    played_at: datetime = GENESIS
    country: str = ""


class User(NamedTuple):
    user_id: int
    is_verified: bool = False
    is_deactivated: bool = False


class Track(NamedTuple):
    track_id: int
    owner_id: int
    is_delete: bool = False


class CatalogEdit(NamedTuple):
    """What an operator does to a row of ``challenges``, outside of any block."""

    challenge_id: str
    column: str
    value: Any


Change = Play | User | Track
Block = Sequence[Change]


class ChainWriter:
    """The one fenced writer of a test's database."""

    def __init__(self, connection: AsyncConnection[Any], *, block_number: int = 0, play_id: int = 0) -> None:
        self.connection = connection
        self.height = block_number
        self.block_number = block_number
        self.play_id = play_id

    async def commit(self, *blocks: Block) -> None:
        """Write blocks in one transaction. Only a block that holds users or tracks takes a block number."""
        async with self.connection.transaction():
            for block in blocks:
                await self._write(block)
            await self.move_cursor()

    async def move_cursor(self) -> None:
        """Have the cursor stand at the last block."""
        await move_cursor(
            self.connection,
            height=self.height,
            time=GENESIS + timedelta(seconds=self.height),
            block_number=self.block_number,
            play_id=self.play_id,
        )

    async def edit(self, edit: CatalogEdit) -> None:
        statement = SQL("UPDATE challenges SET {} = %s WHERE id = %s").format(Identifier(edit.column))
        await self.connection.execute(statement, [edit.value, edit.challenge_id])

    async def _write(self, block: Block) -> None:
        self.height += 1
        if any(not isinstance(change, Play) for change in block):
            self.block_number += 1
            await self.connection.execute(
                "INSERT INTO blocks (blockhash, number) VALUES (%s, %s)", [f"{self.height:x}", self.block_number]
            )
        for change in block:
            if isinstance(change, User):
                await self._write_user(change)
            elif isinstance(change, Track):
                await self._write_track(change)
        await self._write_plays([change for change in block if isinstance(change, Play)])

    async def _write_user(self, user: User) -> None:
        await self.connection.execute(
            """
            INSERT INTO users (user_id, is_current, is_verified, is_deactivated, blocknumber)
            VALUES (%s, true, %s, %s, %s)
            ON CONFLICT (user_id) WHERE is_current DO UPDATE SET
                is_verified = excluded.is_verified, is_deactivated = excluded.is_deactivated,
                blocknumber = excluded.blocknumber
            """,
            [*user, self.block_number],
        )

    async def _write_track(self, track: Track) -> None:
        await self.connection.execute(
            """
            INSERT INTO tracks (track_id, owner_id, is_delete, is_current, blocknumber, created_at, updated_at)
            VALUES (%s, %s, %s, true, %s, now(), now())
            ON CONFLICT (track_id) WHERE is_current DO UPDATE SET
                is_delete = excluded.is_delete, blocknumber = excluded.blocknumber
            """,
            [*track, self.block_number],
        )

    async def _write_plays(self, plays: list[Play]) -> None:
        if not plays:
            return
        first = self.play_id + 1
        self.play_id += len(plays)
        columns: Iterable[tuple[Any, ...]] = zip(*plays, strict=True)
        await self.connection.execute(
            """
            INSERT INTO plays (id, play_item_id, user_id, created_at, country)
            SELECT %s + ordinality - 1, play_item_id, user_id, created_at, nullif(country, '')
            FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::text[]) WITH ORDINALITY
                AS play (play_item_id, user_id, created_at, country, ordinality)
            """,
            [first, *map(list, columns)],
        )


async def wipe(connection: AsyncConnection[Any]) -> None:
    """Empty every table that a history or a derivation writes; the catalogue keeps its rows."""
    await empty(connection, WRITTEN)
