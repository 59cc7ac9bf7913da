"""A chain whose blocks hold whatever challenges are earned by, written as each table's writer would."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from harness.chain_writer import CatalogEdit
from harness.check import Runs
from harness.cursor import move_cursor
from harness.emptying import empty

EPOCH = datetime(2025, 6, 1)  # noqa: DTZ001 - the network's columns hold naive UTC
ABOVE_EVERY_START = 100_000_000  # above every first block in the catalogue
FIRST_SLOT = 300_000_000  # likewise for purchases
BATCHES_MAX = 1_000
WRITTEN = (
    "blocks", "users", "tracks", "playlists", "follows", "reposts", "saves", "remixes", "comments", "events",
    "subscriptions", "backbeat.contest_notices",
    "user_events", "playlist_tracks", "plays", "aggregate_plays", "aggregate_monthly_plays", "aggregate_user",
    "aggregate_track", "aggregate_playlist", "milestones", "notification", "challenges", "user_challenges",
    "challenge_profile_completion", "challenge_listen_streak", "user_score_features", "user_distinct_play_hours",
    "user_distinct_play_tracks", "trending_results", "track_trending_scores", "playlist_trending_scores",
    "sol_purchases", "usdc_purchases", "user_tips", "track_price_history", "indexing_checkpoints", "backbeat.cursor",
    "backbeat.changes", "backbeat.consumers", "backbeat.clocks", "backbeat.standing_changes",
    "backbeat.weekly_snapshots", "backbeat.tastemaker_lists",
    "backbeat.challenge_starts", "backbeat.cooldowns", "backbeat.rounds", "reward_manager_txs",
    "challenge_disbursements", "sol_reward_disbursements", "backbeat.listened_hours", "backbeat.listened_tracks",
    "track_routes", "playlist_routes",
)  # fmt: skip


class Identity(NamedTuple):
    columns: tuple[str, ...]
    versioned: bool = False


IDENTITIES = {
    "users": Identity(("user_id",), versioned=True),
    "tracks": Identity(("track_id",), versioned=True),
    "playlists": Identity(("playlist_id",), versioned=True),
    "follows": Identity(("follower_user_id", "followee_user_id"), versioned=True),
    "reposts": Identity(("user_id", "repost_item_id", "repost_type"), versioned=True),
    "saves": Identity(("user_id", "save_item_id", "save_type"), versioned=True),
    "subscriptions": Identity(("subscriber_id", "user_id", "entity_type"), versioned=True),
    "remixes": Identity(("parent_track_id", "child_track_id")),
    "comments": Identity(("comment_id",)),
    "events": Identity(("event_id",)),
    "playlist_tracks": Identity(("playlist_id", "track_id")),
    "sol_purchases": Identity(("signature", "instruction_index")),
    "usdc_purchases": Identity(("slot", "signature")),
    "user_tips": Identity(("slot", "signature")),
    "track_trending_scores": Identity(("track_id", "type", "version", "time_range")),
    "playlist_trending_scores": Identity(("playlist_id", "type", "version", "time_range")),
    "aggregate_user": Identity(("user_id",)),
    "user_challenges": Identity(("challenge_id", "specifier")),
}
STAMPED = {
    "users", "tracks", "playlists", "follows", "reposts", "saves", "subscriptions", "comments", "events", "user_events",
}  # fmt: skip
TIMED = STAMPED - {"user_events"}
SCORES = {"track_trending_scores", "playlist_trending_scores"}
UPDATED = {"users", "tracks", "playlists", "comments", "events"}


class Row(msgspec.Struct, frozen=True):
    """A row of a table, inserted or written over whatever has its identity."""

    table: str
    columns: dict[str, Any]


class ChallengeWorld:
    """A database, its chain and its clock, which tells the time of the next block."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.block_number = ABOVE_EVERY_START
        self.height = 0
        self.play_id = 0
        self.slot = FIRST_SLOT
        self.now = EPOCH

    async def block(self, *rows: Row | Iterable[Row], at: datetime | None = None, number: int | None = None) -> None:
        """Commit one block, five seconds after the last one unless told when."""
        self.now = at or self.now + timedelta(seconds=5)
        self.height += 1
        self.block_number = number if number is not None else self.block_number + 1
        async with self.connection.transaction():
            await self._execute(
                "INSERT INTO blocks (blockhash, number) VALUES (%s, %s)", f"{self.height:x}", self.block_number
            )
            for row in _flat(rows):
                await self._write(row)
            await move_cursor(
                self.connection,
                height=self.height,
                time=self.now,
                block_number=self.block_number,
                play_id=self.play_id,
            )

    async def edit(self, edit: CatalogEdit) -> None:
        statement = SQL("UPDATE challenges SET {} = %s WHERE id = %s").format(Identifier(edit.column))
        await self.connection.execute(statement, [edit.value, edit.challenge_id])

    async def set(self, challenge_id: str, **columns: Any) -> None:
        for column, value in columns.items():
            await self.edit(CatalogEdit(challenge_id, column, value))

    async def run(self, *derived: Runs) -> list[RunReport]:
        """Run each until nothing is left; a quiet run follows."""
        reports = []
        for one in derived:
            for _ in range(BATCHES_MAX):
                reports.append(await one.incremental(Session(self.connection)))
                if reports[-1].is_quiet:
                    break
            else:
                raise AssertionError(f"{one.name} never comes to rest")
        return reports

    async def rows(self, *challenge_ids: str) -> list[str]:
        """Return rows as ``id|specifier|user|complete|steps|amount``."""
        found = await self.all(
            """
            SELECT challenge_id, specifier, user_id, is_complete, current_step_count, amount
            FROM user_challenges WHERE %s = '{}' OR challenge_id = ANY (%s)
            ORDER BY challenge_id, length(specifier), specifier
            """,
            list(challenge_ids),
            list(challenge_ids),
        )
        return [
            f"{key}|{specifier}|{user}|{'yes' if complete else 'no'}|{steps}|{amount}"
            for key, specifier, user, complete, steps, amount in found
        ]

    async def checkpoint(self, name: str) -> int | None:
        found = await self.all("SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = %s", name)
        return found[0][0] if found else None

    async def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode(), values or None)).fetchall()

    async def _execute(self, query: str, *values: Any) -> None:
        await self.connection.execute(query.encode(), values)

    async def _write(self, row: Row) -> None:
        if row.table == "plays":
            self.play_id += 1
            columns = {"id": self.play_id, "slot": self.height, "created_at": self.now, **row.columns}
            await self._upsert("plays", columns, None)
            return
        columns = dict(row.columns)
        if row.table in STAMPED:
            columns.setdefault("blocknumber", self.block_number)
        if row.table in TIMED | SCORES:
            columns.setdefault("created_at", self.now)
        if row.table in UPDATED:
            columns.setdefault("updated_at", self.now)
        if row.table in {"sol_purchases", "usdc_purchases", "user_tips"}:
            self.slot += 1
            columns = {"slot": self.slot, "signature": f"s{self.slot}", "created_at": self.now, **columns}
        if row.table == "user_events":
            await self._execute(
                "UPDATE user_events SET is_current = false WHERE user_id = %s AND is_current", columns["user_id"]
            )
        await self._upsert(row.table, columns, IDENTITIES.get(row.table))

    async def _upsert(self, table: str, columns: dict[str, Any], identity: Identity | None) -> None:
        names = SQL(", ").join(map(Identifier, columns))
        values = SQL(", ").join(map(Placeholder, columns))
        statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(Identifier(table), names, values)
        if identity:
            key = SQL(", ").join(map(Identifier, identity.columns))
            current = SQL(" WHERE is_current") if identity.versioned else SQL("")
            kept = [name for name in columns if name not in identity.columns and name not in _once(table)]
            sets = SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in kept)
            action = SQL("UPDATE SET {}").format(sets) if kept else SQL("NOTHING")
            statement += SQL(" ON CONFLICT ({}){} DO ").format(key, current) + action
        bound = {name: Jsonb(value) if isinstance(value, dict | list) else value for name, value in columns.items()}
        await self.connection.execute(statement, bound)


def _once(table: str) -> set[str]:
    # what a later write of the same thing leaves as it was; a relation's row carries its latest transaction
    return {"created_at"} if table in UPDATED else set()


def _flat(rows: Iterable[Row | Iterable[Row]]) -> Iterable[Row]:
    for row in rows:
        if isinstance(row, Row):
            yield row
        else:
            yield from row


def user(user_id: int, *, verified: bool = False, deactivated: bool = False, **columns: Any) -> Row:
    return Row(
        "users",
        {"user_id": user_id, "is_current": True, "is_verified": verified, "is_deactivated": deactivated, **columns},
    )


def track(track_id: int, owner_id: int, **columns: Any) -> Row:
    known = {"is_delete": False, "is_unlisted": False, "stem_of": None, "pinned_comment_id": None}
    return Row("tracks", {"track_id": track_id, "owner_id": owner_id, "is_current": True, **known, **columns})


def playlist(playlist_id: int, owner_id: int, *tracks: int, **columns: Any) -> Row:
    contents = {"track_ids": [{"track": track_id, "time": 0} for track_id in tracks]}
    known = {"is_album": False, "is_private": False, "is_delete": False, "playlist_contents": contents}
    return Row(
        "playlists", {"playlist_id": playlist_id, "playlist_owner_id": owner_id, "is_current": True, **known, **columns}
    )


def follow(follower: int, followee: int, *, undo: bool = False) -> Row:
    columns = {"follower_user_id": follower, "followee_user_id": followee, "is_current": True, "is_delete": undo}
    return Row("follows", columns)


def repost(user_id: int, item_id: int, kind: str = "track", *, undo: bool = False, **columns: Any) -> Row:
    known = {"user_id": user_id, "repost_item_id": item_id, "repost_type": kind, "is_current": True, "is_delete": undo}
    return Row("reposts", {**known, **columns})


def save(user_id: int, item_id: int, kind: str = "track", *, undo: bool = False, **columns: Any) -> Row:
    known = {"user_id": user_id, "save_item_id": item_id, "save_type": kind, "is_current": True, "is_delete": undo}
    return Row("saves", {**known, **columns})


def subscription(user_id: int, event_id: int, *, undo: bool = False) -> Row:
    known = {"subscriber_id": user_id, "user_id": event_id, "entity_type": "Event", "entity_id": event_id}
    return Row("subscriptions", {**known, "is_current": True, "is_delete": undo})


def remix(parent: int, child: int) -> Row:
    return Row("remixes", {"parent_track_id": parent, "child_track_id": child})


def comment(comment_id: int, user_id: int, track_id: int = 1, **columns: Any) -> Row:
    known = {
        "comment_id": comment_id, "user_id": user_id, "entity_id": track_id, "entity_type": "Track", "text": "hello",
        "is_delete": False, "is_visible": True, "txhash": f"c{comment_id}", "blockhash": "b",
    }  # fmt: skip
    return Row("comments", {**known, **columns})


def contest(event_id: int, host: int, winners: Any = None, **columns: Any) -> Row:
    known = {
        "event_id": event_id, "user_id": host, "event_type": "remix_contest", "entity_type": "track", "entity_id": 1,
        "is_deleted": False, "event_data": {"winners": winners}, "txhash": f"e{event_id}", "blockhash": "b",
    }  # fmt: skip
    return Row("events", {**known, **columns})


def arrival(user_id: int, *, referrer: int | None = None, mobile: bool = False) -> Row:
    columns = {"user_id": user_id, "referrer": referrer, "is_mobile_user": mobile, "is_current": True}
    return Row("user_events", columns)


def play(track_id: int, user_id: int | None = None, **columns: Any) -> Row:
    return Row("plays", {"play_item_id": track_id, "user_id": user_id, **columns})


def purchase(buyer: int, content_id: int, micro_usdc: int, kind: str = "track", **columns: Any) -> Row:
    known = {
        "instruction_index": 0, "buyer_user_id": buyer, "content_id": content_id, "content_type": kind,
        "amount": micro_usdc, "is_valid": True, "from_account": "a", "access_type": "stream",
        "valid_after_blocknumber": 0,
    }  # fmt: skip
    return Row("sol_purchases", {**known, **columns})


def older_purchase(buyer: int, seller: int, content_id: int, micro_usdc: int, **columns: Any) -> Row:
    known = {
        "buyer_user_id": buyer, "seller_user_id": seller, "content_id": content_id, "content_type": "track",
        "amount": micro_usdc,
    }  # fmt: skip
    return Row("usdc_purchases", {**known, **columns})


def tip(sender: int, receiver: int, amount: int = 1, **columns: Any) -> Row:
    return Row("user_tips", {"sender_user_id": sender, "receiver_user_id": receiver, "amount": amount, **columns})


def score(track_id: int, points: float, at: datetime | None = None, **columns: Any) -> Row:
    return Row("track_trending_scores", {"track_id": track_id, "score": points, **_week("TRACKS", at), **columns})


def playlist_score(playlist_id: int, points: float, at: datetime | None = None) -> Row:
    kind = _week("PLAYLISTS", at)
    return Row("playlist_trending_scores", {"playlist_id": playlist_id, "score": points, **kind})


def _week(kind: str, at: datetime | None) -> dict[str, Any]:
    """Scores carry the time of writing, here that of the block."""
    return {"type": kind, "version": "pnagD", "time_range": "week", **({"created_at": at} if at else {})}


def held(playlist_id: int, track_id: int, *, removed: bool = False) -> Row:
    return Row("playlist_tracks", {"playlist_id": playlist_id, "track_id": track_id, "is_removed": removed})


async def wipe_challenges(connection: AsyncConnection[Any]) -> None:
    """Empty every table that challenges read or write, and put the catalogue back as it was migrated."""
    await connection.execute("CREATE TABLE IF NOT EXISTS migrated_challenges AS TABLE challenges")
    await empty(connection, WRITTEN)
    await connection.execute("INSERT INTO challenges TABLE migrated_challenges")
