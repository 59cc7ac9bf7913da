"""Jobs of rewards. Each challenge declares its own, see :mod:`backbeat.derived.challenges.all`."""

from collections.abc import Iterator

from backbeat.derived.challenges.all import CHALLENGES, REWARDS
from backbeat.derived.challenges.engagement_notifications import ENGAGEMENT_NOTIFICATIONS
from backbeat.derived.challenges.listen_streak_reminder import LISTEN_STREAK_REMINDER
from backbeat.errors import ConfigError
from backbeat.jobs.catalog.kinds import keeps, notifies, rewards
from backbeat.jobs.job import Job
from backbeat.settings import ChallengesSettings, Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them, and what else users hear of rewards and streaks.

    Raises ConfigError for settings that name no challenge with a past.
    """
    _check(settings.challenges)
    for challenge in REWARDS:
        job = rewards(challenge, settings.challenges)
        for keeper in challenge.beside:
            yield keeps(
                keeper,
                group=job.group,
                every_seconds=job.every_seconds,
                freshness_seconds=job.freshness_seconds,
                run_soon_seconds=job.run_soon_seconds,
            )
        yield job
    yield notifies(ENGAGEMENT_NOTIFICATIONS, group=ENGAGEMENT_NOTIFICATIONS.name, every_seconds=600)
    yield notifies(LISTEN_STREAK_REMINDER, group=LISTEN_STREAK_REMINDER.name, every_seconds=10)


def _check(chosen: ChallengesSettings) -> None:
    with_a_past = [one for challenge in CHALLENGES if challenge.begins for one in challenge.ids]
    for challenge_id in chosen.first_run_of:
        if challenge_id not in with_a_past:
            raise ConfigError(
                "challenge_unknown",
                f"challenges.first_run_of names {challenge_id!r}, which has no past to begin with.",
                cure=f"It is about {', '.join(with_a_past)}.",
            )
