"""``p1``, ``p2``, ``p3``: plays of a verified artist's tracks since 2025, in one pass (domain: challenges, 3.8).

Rows read per dirty owner: the owner's user row and challenge rows, current tracks, and one row of
``aggregate_monthly_plays`` per track, month and country; never a play. Owners who have completed every active tier
cost two look-ups.
"""

from collections.abc import Mapping
from typing import Any

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import Reward, rewards
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.feed import BlockFeed, Stamp

# The specifier's suffix is part of the contract with the payout chain: editing a threshold must not mint a second row.
SUFFIXES = {"p1": "250", "p2": "1000", "p3": "10000"}


def ladder(found: list[Reward]) -> Mapping[str, Any] | None:
    """Return the tiers that count: active, with a threshold. None without any."""
    tiers = [reward for reward in found if reward.step_count is not None]
    if not tiers:
        return None
    return {
        "tiers": [tier.id for tier in tiers],
        "suffixes": [SUFFIXES[tier.id] for tier in tiers],
        "step_counts": [tier.step_count for tier in tiers],
        "amounts": [tier.amount for tier in tiers],
    }


PLAY_COUNT_MILESTONES = Derivation(
    "challenges.play_count_milestones",
    dirty=(
        Dirty(
            BlockFeed("challenges:play_count_milestones:last_play_id", "plays", Stamp.PLAY, feeds.ROWS_MAX),
            load(__package__, "play_count_milestones_played.sql"),
        ),
        feeds.standings("play_count_milestones:last_user_block"),
        feeds.track_owners("play_count_milestones:last_track_block"),
        feeds.edits(
            "play_count_milestones", "user", "owner", "plays", keys=load(__package__, "play_count_milestones_edits.sql")
        ),
    ),
    parameters=rewards(list(SUFFIXES), ladder),
    query=load(__package__, "play_count_milestones.sql"),
    target=progress_of(*SUFFIXES),
)

CHALLENGE = challenge.followed(
    *SUFFIXES,
    keeper=PLAY_COUNT_MILESTONES,
    facts=(challenge.IS_VERIFIED, load(__package__, "play_count_milestones_facts.sql")),
    every_seconds=120,
    group="challenges.plays",
)
