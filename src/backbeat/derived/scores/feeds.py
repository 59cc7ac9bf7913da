"""Whose scores may have changed, as triggers and captures log it (domain: derived state, 8.4)."""

from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Dirty
from backbeat.incremental.keys import CHANGED_IDS
from backbeat.incremental.sweep import Sweep

KEYS_MAX = 5_000  # as many as the network scores at once: some tens of milliseconds
SWEPT = load(__package__, "users_swept.sql")


def users(consumer: str, stream: str) -> Dirty:
    """Return the feed of ``consumer`` on one stream of user ids."""
    return Dirty(ChangeFeed(f"scores:{consumer}:{stream}", stream, KEYS_MAX), CHANGED_IDS)


def all_users(consumer: str) -> Dirty:
    """Return what takes ``consumer`` through all users once, for a first run and a rebuild."""
    return Dirty(Sweep(f"scores:{consumer}:sweep", "users", "user_id", KEYS_MAX), SWEPT)
