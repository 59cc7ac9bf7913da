"""Whose scores may have changed, as triggers log it (migration 0013; domain: derived state, 8.4)."""

from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Dirty

KEYS_MAX = 5_000  # as many as the network scores at once: some tens of milliseconds
CHANGED = load(__package__, "changed.sql")


def users(consumer: str, stream: str) -> Dirty:
    """Return the feed of ``consumer`` on one stream of user ids."""
    return Dirty(ChangeFeed(f"scores:{consumer}:{stream}", stream, KEYS_MAX), CHANGED)
