"""Ways of life of a worker: the incident, its ingredients, the fix, and ours.

The incident is put together from what those who had it wrote down: one pool of the driver's default size, all
challenges recomputed on one tick of 30 s, the score pass begun again the instant it ended, trending every 10 s by
emptying and filling the tables. That the block loop took its sessions from the same pool, and that the challenges of a
tick ran at once, is our reading; so each is tried both ways. The fix is theirs as well: a pool of 20; challenges on
three cadences, those of the first by what changed; ten minutes between starts of the pass; trending once an hour by
what differs. A run is shorter than these intervals and has one pass and one such hour in it, which is more than their
share. *At our freshness* the same works come as often as ours do: trending once a minute, all challenges with each
block. Its pass stays at ten minutes, though ours follows within ten seconds.
"""

import os
from collections.abc import Sequence

import msgspec

from backbeat.derived.keeper import Step
from backbeat.derived.scores.full_pass import SCORES_BY_PASS
from backbeat.derived.trending.compatible import Refresh
from backbeat.jobs.catalog import JOBS, find
from backbeat.jobs.job import Job
from bench.before import before
from bench.lag.tickers import Ticker

POOL_BY_ACCIDENT = max(4, os.cpu_count() or 1)
POOL_OF_THE_FIX = 20
CHALLENGES = tuple(job for job in JOBS if job.name.startswith("challenges."))
MILESTONES = "challenges.play_count_milestones"
MILESTONE_PROCESSORS = 3  # a tier each, and each read everything
HOUR_SECONDS = 3_600.0
OUR_TRENDING_SECONDS = find("trending.tracks").every_seconds
BLOCK_SECONDS = 1.0  # the network's pace; ours follow each block
BOUNDED_SECONDS = 120.0  # the cadence of challenges that the fix, too, recomputed; milestones excepted
ALWAYS = tuple(  # small jobs, the same in every way
    Ticker(name, (find(name).run,), find(name).every_seconds)
    for name in ("hourly_play_counts", "user_listening_history", "listen_streak_reminder")
)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker lives."""

    name: str
    """What it is called in tables and pictures."""
    tickers: Sequence[Ticker] | None
    """Its work; None: as the program's own runner."""
    pool_size: int | None = None
    """Connections of the pool that all share; None: connections in lanes."""
    follow_seconds: float = 0.0
    """For the program's own runner: ``jobs.follow_seconds``."""


def _again(job: Job) -> Sequence[Step]:
    """Return a challenge as it first was; one whose past cannot be judged again, as it is now."""
    return [job.rebuild or job.run] * (MILESTONE_PROCESSORS if job.name == MILESTONES else 1)


def _of_the_fix(job: Job) -> Step:
    recomputed = job.every_seconds == BOUNDED_SECONDS and job.name != MILESTONES
    return (job.rebuild if recomputed else None) or job.run


def the_fix(
    *, trending_seconds: float = HOUR_SECONDS, challenges_seconds_max: float = HOUR_SECONDS
) -> Sequence[Ticker]:
    """Return the works of the fix; challenges come on their own cadences, or sooner where those are too long."""
    return (
        *_on_cadences(challenges_seconds_max),
        Ticker("scores", (SCORES_BY_PASS.incremental,), 600.0),
        Ticker("trending", (Refresh().run,), trending_seconds),
        *ALWAYS,
    )


def _on_cadences(seconds_max: float) -> Sequence[Ticker]:
    """Return a ticker for each cadence of challenges, one second after the other."""
    cadences = sorted({job.every_seconds for job in CHALLENGES})
    return [
        Ticker(
            "challenges",
            [_of_the_fix(job) for job in CHALLENGES if job.every_seconds == seconds],
            min(seconds, seconds_max),
            begins_seconds=float(number),
        )
        for number, seconds in enumerate(cadences)
    ]


CHALLENGES_IN_TURN = (Ticker("challenges", [run for job in CHALLENGES for run in _again(job)], 30.0),)
CHALLENGES_AT_ONCE = tuple(Ticker("challenges", _again(job), 30.0) for job in CHALLENGES)
SCORES = (Ticker("scores", (SCORES_BY_PASS.incremental,), 0.0),)
TRENDING = (Ticker("trending", (before,), 10.0),)
INCIDENT = (*CHALLENGES_AT_ONCE, *SCORES, *TRENDING, *ALWAYS)
FIX = the_fix()
WAYS = (
    Way(name="the incident", tickers=INCIDENT, pool_size=POOL_BY_ACCIDENT),
    Way(name="the fix", tickers=FIX, pool_size=POOL_OF_THE_FIX),
    Way(
        name="the fix at our freshness",
        tickers=the_fix(trending_seconds=OUR_TRENDING_SECONDS, challenges_seconds_max=BLOCK_SECONDS),
        pool_size=POOL_OF_THE_FIX,
    ),
    Way(name="ours", tickers=None),
)
INGREDIENTS = {
    "challenges on one tick, one after another": CHALLENGES_IN_TURN,
    "challenges on one tick, at once": CHALLENGES_AT_ONCE,
    "the score pass without pause": SCORES,
    "trending every 10 s": TRENDING,
    "all of it, challenges one after another": (*CHALLENGES_IN_TURN, *SCORES, *TRENDING, *ALWAYS),
    "all of it, challenges at once": INCIDENT,
}


def ingredients() -> Sequence[Way]:
    """Return the incident's parts, each with connections of its own and in the pool; all of it in the fix's, too."""
    return [
        Way(name=name, tickers=tickers, pool_size=size)
        for name, tickers in INGREDIENTS.items()
        for size in (None, POOL_OF_THE_FIX, POOL_BY_ACCIDENT)
        if size != POOL_OF_THE_FIX or tickers is INCIDENT
    ]
