"""Whom each user follows and is followed by, as sets that the network's API server reads (domain: derived state, 4.15).

The server reads a set instead of a user's edges, so sets follow each edge at once: otherwise its answers were older
than without them. It asks ``follows`` of users who have no set, and nothing of ours reads any: the job is made where
the setting ``jobs.social_sets`` wants it (docs/decisions/0037-social-sets.md). Rows read per user: its edges.
"""

from typing import LiteralString

from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty, Postponed
from backbeat.incremental.keys import CHANGED_IDS
from backbeat.incremental.merge import Target
from backbeat.incremental.sweep import Sweep

NAME = "aggregates.social_sets"
STREAM = "social_sets"
USERS_MAX = 50  # in a run, as in the network's: one may have a million edges, which take a second or two


def _told_by(name: str, stream: LiteralString) -> Dirty:
    return Dirty(ChangeFeed(f"aggregates:social_sets:{name}", stream, USERS_MAX), CHANGED_IDS)


SOCIAL_SETS = Derivation(
    NAME,
    dirty=(
        _told_by("waiting", STREAM),
        _told_by("edges", "karma_users"),  # both ends of every follow
        Dirty(
            Sweep("aggregates:social_sets:sweep", "aggregate_user", "user_id", USERS_MAX),
            load(__package__, "social_sets_swept.sql"),
        ),
    ),
    query=load(__package__, "social_sets.sql"),
    target=Target(
        table="user_social_sets",
        key=("user_id",),
        values=("followees_bitmap", "followers_bitmap"),
        stamps=("updated_at",),
        scope="user_id",
    ),
    postponed=Postponed(STREAM, USERS_MAX),
)
