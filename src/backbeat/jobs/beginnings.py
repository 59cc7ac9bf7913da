"""How the jobs of challenges run as the settings of challenges have it: how they begin, and who may win a week."""

from collections.abc import Iterable

import msgspec

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.first_run import Begins, FirstRun
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.referred import REFERRED
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.derived.challenges.weekly_trending import trending
from backbeat.errors import ConfigError
from backbeat.jobs.job import Job, Run
from backbeat.settings import ChallengesSettings

# What pays for the past, if it is not told otherwise, and which challenges that is.
BEGINNING: tuple[Begins, ...] = (
    TRACK_UPLOAD, FIRST_PLAYLIST, PROFILE_COMPLETION, LISTEN_STREAK, COSIGN, AUDIO_MATCHING_BUYER,
    AUDIO_MATCHING_SELLER, MOBILE_INSTALL, REFERRAL, REFERRED, FIRST_TIP, PROFILE_VERIFIED, FIRST_WEEKLY_COMMENT,
    COMMENT_PIN, TASTEMAKER, REMIX_CONTEST_WINNER, PLAY_COUNT_MILESTONES,
)  # fmt: skip


def as_chosen(jobs: Iterable[Job], chosen: ChallengesSettings) -> tuple[Job, ...]:
    """Return the jobs, those of challenges as the settings have them; others as they are.

    Raises ConfigError for settings that name no challenge, or cannot work.
    """
    runs = _runs(chosen)
    return tuple(msgspec.structs.replace(job, run=runs.get(job.name, job.run)) for job in jobs)


def _runs(chosen: ChallengesSettings) -> dict[str, Run]:
    ids = {one.name: one.target.within[1] for one in BEGINNING if one.target.within}
    for challenge_id in chosen.first_run_of:
        if not any(challenge_id in those for those in ids.values()):
            raise ConfigError(
                "challenge_unknown",
                f"challenges.first_run_of names {challenge_id!r}, which has no past to begin with.",
                cure=f"It is about {', '.join(one for those in ids.values() for one in those)}.",
            )
    runs: dict[str, Run] = {one.name: one.incremental for one in trending(winners=chosen.weekly_winners)}
    for one in BEGINNING:
        in_batches = LISTEN_STREAK.feed.checkpoint if one is LISTEN_STREAK else None
        runs[one.name] = FirstRun(one, ids[one.name], chosen, in_batches=in_batches).run
    return runs
