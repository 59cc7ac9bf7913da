"""The kinds of jobs: each function makes a job of what keeps derived state."""

from backbeat.derived.challenges.challenge import Challenge
from backbeat.derived.keeper import Asking, Keeper, Recomputed, Step, Verifies
from backbeat.jobs.job import BATCH_TIMEOUT_SECONDS, TIMEOUT_SECONDS, Job, Weight
from backbeat.settings import ChallengesSettings


def keeps(
    keeper: Recomputed,
    *,
    group: str,
    every_seconds: float,
    freshness_seconds: float,
    weight: Weight = Weight.LIGHT,
    timeout_seconds: float = TIMEOUT_SECONDS,
    run_soon_seconds: float | None = None,
) -> Job:
    """Return the job that keeps one derived table."""
    return Job(
        name=keeper.name,
        run=keeper.incremental,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=freshness_seconds,
        weight=weight,
        timeout_seconds=timeout_seconds,
        run_soon_seconds=run_soon_seconds,
        feeds=keeper.feeds,
        rebuild=keeper.rebuild,
        audit=keeper.audit,
        difference=keeper.difference,
    )


def notifies(keeper: Keeper, *, group: str, every_seconds: float, run_soon_seconds: float | None = None) -> Job:
    """Return a job that writes each notification once: there is nothing to rebuild."""
    return Job(
        name=keeper.name,
        run=keeper.incremental,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=3 * every_seconds,
        run_soon_seconds=run_soon_seconds,
        feeds=keeper.feeds,
    )


def asks(keeper: Asking, *, group: str, every_seconds: float, lacks: str = "", again: Recomputed | None = None) -> Job:
    """Return a job that asks other programs, ``again`` what recomputes its table. It is late only after a day.

    That programs of others answer nobody for hours is no reason to take this one out of service.
    """
    return Job(
        name=keeper.name,
        run=keeper.incremental,
        run_apart=keeper.run,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=86_400,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
        rebuild=again.rebuild if again else None,
        audit=again.audit if again else None,
        difference=again.difference if again else None,
        lacks=lacks,
    )


def rewards(challenge: Challenge, chosen: ChallengesSettings) -> Job:
    """Return the job of a challenge as the settings of challenges have it."""
    again = challenge.recomputed
    return Job(
        name=challenge.keeper.name,
        run=challenge.run(chosen),
        every_seconds=challenge.every_seconds,
        group=challenge.group or challenge.keeper.name,
        freshness_seconds=3 * challenge.every_seconds,
        run_soon_seconds=challenge.run_soon_seconds,
        feeds=challenge.keeper.feeds,
        goes_by_more=challenge.goes_by_more,
        rebuild=again.rebuild if again else None,
        audit=again.audit if again and not challenge.unaudited else None,
        unaudited=challenge.unaudited,
        difference=again.difference if again else None,
    )


def cleans(name: str, run: Step, *, every_seconds: float, weight: Weight = Weight.LIGHT) -> Job:
    """Return a chore: it removes what nobody needs any more, and keeps no table."""
    return Job(
        name=name,
        run=run,
        every_seconds=every_seconds,
        group=name,
        freshness_seconds=10 * every_seconds,  # nobody reads its result; what it removes only takes room
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
        weight=weight,
    )


def verifies(verification: Verifies, *, group: str, every_seconds: float) -> Job:
    """Return a job that goes round a table in search of drift: heavy, for ids that lie close fall due together."""
    return Job(
        name=verification.name,
        run=verification.run,
        feeds=verification.feeds,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=3 * every_seconds,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
        weight=Weight.HEAVY,
    )
