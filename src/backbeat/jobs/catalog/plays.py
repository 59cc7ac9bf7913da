"""Jobs that add up plays, and the one that prunes them."""

from collections.abc import Iterator

from backbeat.derived.plays import prune
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.errors import ConfigError
from backbeat.jobs.catalog.kinds import cleans, keeps
from backbeat.jobs.job import BATCH_TIMEOUT_SECONDS, Job, Weight
from backbeat.settings import JobsSettings, Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them; each takes plays in batches of bounded size."""
    yield keeps(
        HOURLY_PLAY_COUNTS,
        group="plays",
        every_seconds=30,
        freshness_seconds=120,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
    )
    yield keeps(
        USER_LISTENING_HISTORY,
        group="histories",
        every_seconds=5,
        freshness_seconds=60,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
    )
    kept = prune.Pruning(_days(settings.jobs), _readers(settings.jobs))
    yield cleans(prune.NAME, kept.batch, every_seconds=30, weight=Weight.HEAVY)


def _days(chosen: JobsSettings) -> float:
    if chosen.plays_days != 0 and chosen.plays_days < prune.DAYS_MIN:
        raise ConfigError(
            "plays_days_invalid",
            f"jobs.plays_days is {chosen.plays_days:g}.",
            cure=f"Set it to {prune.DAYS_MIN:g} or more: trending counts the plays of a month, and plays arrive late. "
            "0 keeps all.",
        )
    return chosen.plays_days


def _readers(chosen: JobsSettings) -> tuple[prune.Reader, ...]:
    """Return the jobs that read plays with these settings: pruning would wait for ever for a position that stands."""
    idle = {*chosen.off}
    if chosen.trending_mode != "incremental":
        idle.add("trending.tracks")
    if chosen.scores_mode != "incremental":
        idle.add("scores.users")
    return tuple(reader for reader in prune.READERS if reader.job not in idle)
