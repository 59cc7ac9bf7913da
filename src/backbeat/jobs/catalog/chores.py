"""Jobs that keep tables of ours from growing for ever, and the one that verifies all."""

from collections.abc import Iterator

from backbeat.derived.notifications import expire
from backbeat.derived.verification.rolling import EVERY_SECONDS, HOUR_SECONDS, Verification
from backbeat.errors import ConfigError
from backbeat.incremental import change_log
from backbeat.jobs import refusals
from backbeat.jobs.catalog.kinds import cleans, verifies
from backbeat.jobs.job import Job
from backbeat.settings import JobsSettings, Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them, with the limits that the settings give."""
    chosen = settings.jobs
    kept = refusals.Refusals(chosen.rejected_days, chosen.rejected_bytes_max)
    budget = change_log.Budget(chosen.change_log_rows_max, chosen.change_log_bytes_max, chosen.change_log_seconds_max)
    yield cleans(change_log.NAME, change_log.prune, every_seconds=30)
    yield cleans(change_log.EXPIRE_NAME, budget.expire, every_seconds=300)
    yield cleans(refusals.NAME, kept.prune, every_seconds=300)
    yield cleans(expire.NAME, expire.ActsKept(chosen.acts_rows_max).expire, every_seconds=300)
    yield verifies(Verification(_verify_seconds(chosen)), group="audits.verify", every_seconds=EVERY_SECONDS)


def _verify_seconds(chosen: JobsSettings) -> float:
    if not 0 <= chosen.verify_seconds_per_hour <= HOUR_SECONDS:
        raise ConfigError(
            "verify_seconds_invalid",
            f"jobs.verify_seconds_per_hour is {chosen.verify_seconds_per_hour:g}.",
            cure=f"Set it to a number of seconds up to {HOUR_SECONDS}; 0: nothing is verified.",
        )
    return chosen.verify_seconds_per_hour
