"""Every challenge as something that a world runs, on the world's clock and in batches of any size."""

import copy
from datetime import UTC, datetime
from typing import Any

import msgspec

from backbeat.derived.challenges.all import REWARDS
from backbeat.derived.challenges.referral import Referral
from backbeat.derived.challenges.weekly_trending import WeeklyTrending, trending
from backbeat.derived.keeper import Keeper, Recomputed
from backbeat.incremental.derivation import Derivation
from harness.challenge_world import ChallengeWorld

RECOMPUTED = [(one, keeper) for one in REWARDS if one.recomputed for keeper in (*one.beside, one.recomputed)]
FOLLOWED: tuple[Recomputed, ...] = tuple(keeper for one, keeper in RECOMPUTED if not one.unaudited)
JUDGED: tuple[Recomputed, ...] = tuple(keeper for one, keeper in RECOMPUTED if one.unaudited)
COUNTED: tuple[Keeper, ...] = tuple(one.keeper for one in REWARDS if not one.recomputed)


class WorldClock:
    """Tells the time of the newest block."""

    def __init__(self, world: ChallengeWorld) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now.replace(tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def challenges_of(world: ChallengeWorld, rows_max: int | None = None) -> list[Keeper]:
    """Return every challenge, in the order in which the reference judges nothing twice."""
    weekly = trending(WorldClock(world))
    others = [one for one in (*FOLLOWED, *JUDGED, *COUNTED) if not isinstance(one, WeeklyTrending)]
    everything: list[Keeper] = [*others, *weekly]
    return everything if rows_max is None else [in_batches_of(rows_max, one) for one in everything]


def in_batches_of(rows_max: int, derived: Keeper) -> Keeper:
    """Return the challenge with windows of at most so many rows, or keys of the change log."""
    if isinstance(derived, WeeklyTrending):
        return derived
    small: Any = copy.copy(derived)
    if isinstance(derived, Referral):
        small._judging = {ids: in_batches_of(rows_max, one) for ids, one in derived._judging.items()}
    elif isinstance(derived, Derivation):
        small._dirty = tuple(
            msgspec.structs.replace(dirty, feed=msgspec.structs.replace(dirty.feed, rows_max=rows_max))  # type: ignore[type-var]  # every kind of feed is a struct with that field
            for dirty in derived._dirty
        )
    else:
        small.feed = msgspec.structs.replace(small.feed, rows_max=rows_max)
    assert isinstance(small, type(derived))
    return small
