"""How many supporters users have and how many they support, as people read it (domain: derived state, 4.10).

The counts are those of ``backbeat.supporters``, which :mod:`backbeat.derived.tips.supporters` keeps. Rows read per
user: two.
"""

from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.keys import CHANGED_IDS
from backbeat.incremental.merge import Shared, Target

NAME = "tips.supporter_counts"
STREAM = "supporters"
USERS_MAX = 1_000  # as many rows of aggregate_user as other jobs write at once

SUPPORTER_COUNTS = Derivation(
    NAME,
    dirty=(Dirty(ChangeFeed(NAME, STREAM, USERS_MAX), CHANGED_IDS),),
    query=load(__package__, "supporter_counts.sql"),
    target=Target(
        table="aggregate_user",
        key=("user_id",),
        values=("supporter_count", "supporting_count"),
        scope="user_id",
        shared=Shared(STREAM, USERS_MAX),
    ),
)
