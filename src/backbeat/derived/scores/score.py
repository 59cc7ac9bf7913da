"""The score that decides who is shadowbanned (domain: derived state, 3), from the features that are kept.

Users without a handle keep whatever score they have. Rows read per user: the user, its counts, hours, tracks, early
challenges and karma, and one row per chat block. ``aggregate_user`` is the block loop's table too, so a run writes
little at a time, in short transactions, and passes over rows that the block loop holds.
"""

from backbeat.db.sql import load
from backbeat.derived.scores.feeds import KEYS_MAX, all_users, users
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.merge import Merge, Shared, Target

STREAM = "scored_users"
DIRTY = (users("score", STREAM), users("score", "followings"), users("score", "score_profiles"))
DEFINITION = load(__package__, "score.sql")

TARGET = Target(
    table="aggregate_user", key=("user_id",), values=("score",), scope="user_id", shared=Shared(STREAM, KEYS_MAX)
)
SCORE = Derivation(
    "scores.score",
    dirty=(*DIRTY, all_users("score")),
    query=DEFINITION.replace("{features}", "backbeat.kept_score_features"),
    target=TARGET,
)
COUNTED = Merge(DEFINITION.replace("{features}", "backbeat.counted_score_features"), TARGET)
"""The same definition from the rows that the features are counted from."""
