"""``p``: seven steps of a profile, and the table that mirrors them (domain: challenges, 3.3).

The table follows the present for ever (the view ``backbeat.profile_steps``); of a user who cannot take part any more
it says what was at the end of the last block at which it could. The row of ``user_challenges`` is judged block by
block and stops when complete; so they are two derivations. Rows read per dirty user and table, and for the second per
block since the last run that changed anything: the user, five follows, a repost, a save and the row written.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.merge import Target

TERMS = terms_of("p")


def _dirty(users: str, prefix: str) -> tuple[Dirty, ...]:
    return (
        feeds.users(users),
        feeds.followers(f"{prefix}:last_follow_block"),
        feeds.reposters(f"{prefix}:last_repost_block"),
        feeds.savers(f"{prefix}:last_save_block"),
        feeds.edits(prefix, "user", "actor"),
    )


PROFILE_STEPS = Derivation(
    "challenges.profile_steps",
    dirty=_dirty("p:steps:last_user_block", "p:steps"),
    parameters=TERMS,
    query=load(__package__, "profile_steps.sql"),
    target=Target(
        table="challenge_profile_completion",
        key=("user_id",),
        values=(
            "profile_description",
            "profile_name",
            "profile_picture",
            "profile_cover_photo",
            "follows",
            "favorites",
            "reposts",
        ),
        scope="user_id",
        keeps_vanished=True,
    ),
)

PROFILE_COMPLETION = Derivation(
    "challenges.profile_completion",
    dirty=_dirty("p:last_blocknumber", "p"),
    parameters=TERMS,
    query=load(__package__, "profile_completion.sql"),
    target=progress_of("p"),
)

CHALLENGE = challenge.followed(
    "p",
    keeper=PROFILE_COMPLETION,
    facts=(load(__package__, "profile_completion_facts.sql"),),
    group="challenges.profile",
    beside=(PROFILE_STEPS,),
)
