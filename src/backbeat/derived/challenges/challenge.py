"""What a challenge declares: its rows of the catalogue, who judges it, how it begins, how often it runs, its facts.

Each file of a challenge ends with one ``CHALLENGE``, made by the function here that says how it is judged. The list of
them is :mod:`backbeat.derived.challenges.all`; jobs, explanations and tests read that list.
"""

from collections.abc import Callable
from typing import LiteralString

import msgspec

from backbeat.db.sql import load
from backbeat.derived.challenges.first_run import FirstRun
from backbeat.derived.keeper import Judge, Keeper, Recomputed, Startable, Step
from backbeat.settings import ChallengesSettings

IS_VERIFIED = load(__package__, "facts_verified.sql")

WATCHED_SECONDS = 0.5  # people watch their rewards; a tick costs what changed since the last

JUDGED_ONCE = "It judges each event once. What was refused stays refused, and a full recompute would pay it."
WEEKS = "A week was paid by scores that have been written over; what follows from who won it is rebuilt."


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge, or several that one keeper judges together."""

    ids: tuple[str, ...]
    """Its rows of the catalogue."""

    keeper: Keeper
    """Writes its rows of ``user_challenges``. Its name is the job's."""

    run: Callable[[ChallengesSettings], Step]
    """Makes the job's run from the settings of challenges."""

    facts: tuple[LiteralString, ...]
    """What `explain` tells beside what it tells of every challenge.

    Each statement binds ``user_id`` and ``challenge_id`` and answers (fact, found, wanted, holds).
    """

    begins: bool = True
    """Its past can be paid or left when it first runs here: `challenges.first_run_of` may name it."""

    recomputed: Recomputed | None = None
    """The keeper again, where it can judge the past; None: the job has no rebuild."""

    as_of_block: bool = False
    """Its rows follow from the chain alone: an audit holds complete ones to a judgement of today."""

    unaudited: str = ""
    """Why a full recompute does not tell whether its rows are right; empty: it does, and the job has an audit."""

    every_seconds: float = 30
    """The job's cadence."""

    run_soon_seconds: float | None = WATCHED_SECONDS
    """At the tip the job runs this soon after its last start once there is news; None: on its cadence alone."""

    goes_by_more: bool = False
    """It is judged by what no feed tells as well, beside its row of the catalogue."""

    group: str = ""
    """The job's group; empty: one of its own."""

    beside: tuple[Recomputed, ...] = ()
    """Tables that are kept beside it: a job each, in the same group and on the same cadence, before the challenge's."""


def followed(
    *ids: str,
    keeper: Judge,
    facts: tuple[LiteralString, ...],
    every_seconds: float = 30,
    goes_by_more: bool = False,
    group: str = "",
    beside: tuple[Recomputed, ...] = (),
    as_of_block: bool = True,
) -> Challenge:
    """Return a challenge whose rows follow the facts until they are complete."""
    return Challenge(
        ids=ids,
        keeper=keeper,
        run=_beginning(keeper, ids),
        facts=facts,
        recomputed=keeper,
        as_of_block=as_of_block,
        every_seconds=every_seconds,
        goes_by_more=goes_by_more,
        group=group,
        beside=beside,
    )


def judged_once(*ids: str, keeper: Judge, facts: tuple[LiteralString, ...], every_seconds: float = 30) -> Challenge:
    """Return a challenge that judges an event once, by the state of its block: a rebuild may pay, no audit holds."""
    return Challenge(
        ids=ids,
        keeper=keeper,
        run=_beginning(keeper, ids),
        facts=facts,
        recomputed=keeper,
        as_of_block=True,
        unaudited=JUDGED_ONCE,
        every_seconds=every_seconds,
    )


def counted(
    challenge_id: str, *, keeper: Startable, checkpoint: str, facts: tuple[LiteralString, ...], unaudited: str
) -> Challenge:
    """Return a challenge that adds events up batch by batch, as far as ``checkpoint``, and never again."""
    ids = (challenge_id,)
    return Challenge(
        ids=ids,
        keeper=keeper,
        run=_beginning(keeper, ids, in_batches=checkpoint),
        facts=facts,
        unaudited=unaudited,
    )


def weekly(
    challenge_id: str,
    *,
    keeper: Recomputed,
    chosen: Callable[[ChallengesSettings], Keeper],
    facts: tuple[LiteralString, ...],
) -> Challenge:
    """Return a challenge that pays a week's winners once; ``chosen`` makes the keeper that the settings ask for.

    A rebuild pays what is missing of weeks whose winners are known.
    """
    return Challenge(
        ids=(challenge_id,),
        keeper=keeper,
        run=lambda settings: chosen(settings).incremental,
        facts=facts,
        recomputed=keeper,
        begins=False,
        unaudited=WEEKS,
        every_seconds=600,
        run_soon_seconds=None,
    )


def _beginning(
    keeper: Startable, ids: tuple[str, ...], *, in_batches: str | None = None
) -> Callable[[ChallengesSettings], Step]:
    return lambda settings: FirstRun(keeper, ids, settings, in_batches=in_batches).run
