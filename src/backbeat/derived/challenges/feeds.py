"""Where changes that concern challenges come from, and whom they concern.

Checkpoints carry the network's names where it has one. Each table has a checkpoint of its own, so one that lags behind
the others loses nothing. What other writers than the block loop do to the same tables, without a block number of its
own, comes by the change log: every challenge that follows tables by block has a feed of edits beside them.
"""

from collections.abc import Mapping
from typing import LiteralString

from backbeat.db.sql import Name, compose, load
from backbeat.incremental.change_feed import ChangeFeed, EditFeed
from backbeat.incremental.derivation import Dirty
from backbeat.incremental.due import Due, chain_time
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.keys import CHANGED_KEYS, EDITED_IDS, by_block

ROWS_MAX = 5_000  # the network's own limit: some tens of milliseconds
STANDING = ("backbeat", "standing_changes")
EDITS = "edits"  # the stream: db/schema/captures/edits.sql

REPOSTS: Mapping[str, Name] = {
    "acts": "reposts",
    "past": ("backbeat", "past_reposts"),
    "item": "repost_item_id",
    "kind": "repost_type",
}
SAVES: Mapping[str, Name] = {
    "acts": "saves",
    "past": ("backbeat", "past_saves"),
    "item": "save_item_id",
    "kind": "save_type",
}
"""What statements over acts of both kinds are filled with."""


def elsewhere(challenge_id: str, stream: str, view: str, keys: LiteralString) -> tuple[Dirty, Dirty]:
    """Return the feeds of events of another chain: as ours comes to their time, and by ``stream`` when they change.

    ``view`` holds their times as ``created_at``. The query leaves those out that are later than ``now``.
    """
    return (
        Dirty(
            Due(f"challenges:{challenge_id}:due", ("backbeat", view), "created_at", ROWS_MAX, clock=chain_time), keys
        ),
        Dirty(ChangeFeed(f"challenges:{challenge_id}:{stream}", stream, ROWS_MAX), CHANGED_KEYS),
    )


def blocks(checkpoint: str, table: str | tuple[str, str], keys: LiteralString) -> Dirty:
    """Return a feed of a table's rows by block. ``checkpoint`` is what follows ``challenges:``."""
    return Dirty(BlockFeed(f"challenges:{checkpoint}", table, Stamp.BLOCK, ROWS_MAX), keys)


def column(checkpoint: str, table: str | tuple[str, str], key: str) -> Dirty:
    """Return a feed of a table's rows by block, whose keys are in the column ``key``."""
    return blocks(checkpoint, table, by_block(table, key))


def users(checkpoint: str) -> Dirty:
    """Return users whose row changed in any way: every edit of a profile."""
    return blocks(checkpoint, "users", load(__package__, "profiles.sql"))


def standings(checkpoint: str) -> Dirty:
    """Return users who became verified or active, or ceased to be: what most challenges read of a user."""
    return column(checkpoint, STANDING, "user_id")


def track_owners(checkpoint: str) -> Dirty:
    """Return owners of changed tracks, and whose they were before."""
    return blocks(checkpoint, "tracks", load(__package__, "uploaders.sql"))


def playlist_owners(checkpoint: str) -> Dirty:
    """Return owners of changed playlists, and whose they were before."""
    return blocks(checkpoint, "playlists", load(__package__, "listers.sql"))


def followers(checkpoint: str) -> Dirty:
    """Return who followed or unfollowed."""
    return blocks(checkpoint, "follows", load(__package__, "followers.sql"))


def reposters(checkpoint: str) -> Dirty:
    """Return who reposted or undid it."""
    return blocks(checkpoint, "reposts", compose(__package__, "actors.sql", **REPOSTS).as_string())


def savers(checkpoint: str) -> Dirty:
    """Return who saved or undid it."""
    return blocks(checkpoint, "saves", compose(__package__, "actors.sql", **SAVES).as_string())


def arrivals(checkpoint: str) -> Dirty:
    """Return users of whom became known how they came: through whom, or by the mobile app."""
    return column(checkpoint, "user_events", "user_id")


def edits(challenge_id: str, *kinds: str, keys: LiteralString | None = None, rebuilds: bool = True) -> Dirty:
    """Return a feed of edits by other writers. Without ``keys`` every kind is one of user ids, which are the keys.

    Challenges that judge an event once are not made to judge the past by a position that was lost: ``rebuilds`` false.
    """
    feed = EditFeed(f"challenges:{challenge_id}:edits", EDITS, ROWS_MAX, kinds, rebuilds)
    return Dirty(feed, keys or EDITED_IDS)
