"""How many challenges a user completed within three minutes of signing up (domain: derived state, 3.2).

Completions count at once by a trigger; this also follows what the trigger cannot see: a completion that is taken back,
and a user whose time of creation is corrected. Rows read per user: the user's challenges.
"""

from backbeat.db.sql import load
from backbeat.derived.scores.feeds import KEYS_MAX, all_users, users
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.merge import Shared, Target

STREAM = "early_challenges"

EARLY_CHALLENGES = Derivation(
    "scores.early_challenges",
    dirty=(
        users("early_challenges", STREAM),
        users("early_challenges", "score_profiles"),
        all_users("early_challenges"),
    ),
    query=load(__package__, "early_challenges.sql"),
    target=Target(
        table="user_score_features",
        key=("user_id",),
        values=("challenge_count",),
        scope="user_id",
        shared=Shared(STREAM, KEYS_MAX),
    ),
)
