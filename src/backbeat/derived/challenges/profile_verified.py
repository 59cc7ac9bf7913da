"""``v``: a verified profile (domain: challenges, 3.4).

Rows read per dirty user: what the user is and was, and the challenge row.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

PROFILE_VERIFIED = Derivation(
    "challenges.profile_verified",
    dirty=(
        feeds.blocks("v:last_blocknumber", "users", load(__package__, "profile_verified_users.sql")),
        feeds.edits("v", "user"),
    ),
    parameters=terms_of("v"),
    query=load(__package__, "profile_verified.sql"),
    target=progress_of("v"),
)

CHALLENGE = challenge.followed("v", keeper=PROFILE_VERIFIED, facts=(challenge.IS_VERIFIED,), every_seconds=120)
