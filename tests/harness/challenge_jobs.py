"""Every challenge as something that a world runs, on the world's clock and in batches of any size."""

import copy
from datetime import UTC, datetime
from typing import Any

import msgspec

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK, ListenStreak
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION, PROFILE_STEPS
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.referral import REFERRAL, Referral
from backbeat.derived.challenges.referred import REFERRED
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.derived.challenges.weekly_trending import WeeklyTrending, trending
from backbeat.incremental.derivation import Derivation
from harness.challenge_world import ChallengeWorld

FOLLOWED: tuple[Derivation, ...] = (
    TRACK_UPLOAD, FIRST_PLAYLIST, PROFILE_STEPS, PROFILE_COMPLETION, PROFILE_VERIFIED, COMMENT_PIN, TASTEMAKER,
    REMIX_CONTEST_WINNER, PLAY_COUNT_MILESTONES, MOBILE_INSTALL, REFERRED,
)  # fmt: skip
JUDGED: tuple[Derivation | Referral, ...] = (
    COSIGN, FIRST_WEEKLY_COMMENT, REFERRAL, AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER, FIRST_TIP
)  # fmt: skip

Challenge = Derivation | Referral | ListenStreak | WeeklyTrending


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


def challenges_of(world: ChallengeWorld, rows_max: int | None = None) -> list[Challenge]:
    """Return every challenge, in the order in which the reference judges nothing twice."""
    everything: list[Challenge] = [*FOLLOWED, *JUDGED, LISTEN_STREAK, *trending(WorldClock(world))]
    return everything if rows_max is None else [in_batches_of(rows_max, one) for one in everything]


def in_batches_of(rows_max: int, derived: Challenge) -> Challenge:
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
        small.feed = msgspec.structs.replace(derived.feed, rows_max=rows_max)
    assert isinstance(small, type(derived))
    return small
