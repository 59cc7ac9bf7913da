"""An adoption: look, refuse or plan, prepare beside the indexer that writes, and switch once it does not.

Each step is planned from what is there, so after a death at any point the next run does what is left.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.adopt import beside, left_out, plan, repair, switch
from backbeat.adopt.patience import Patience, in_one_transaction
from backbeat.adopt.refusals import chosen_chain, refusals, together
from backbeat.adopt.step import OWN, RECORD, Step
from backbeat.adopt.survey import LOOK_AGAIN_SECONDS, Survey, position, survey
from backbeat.adopt.turn import turn
from backbeat.adopt.wanted import Wanted, wanted
from backbeat.clock import Clock
from backbeat.db.outage import OutageError, trouble_of
from backbeat.errors import AdoptionError, DatabaseError
from backbeat.lock_holder import LockHolder

GOES_ON = "Then run `backbeat adopt` again: what is done stays, and it goes on with what is left."
REPAIRED = "current_rows_repeated"
"""The refusal that a repair answers."""
ADOPTED = "adopted_already"
"""The refusal that does not hold for taking over where jobs run beside the other indexer."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator chooses."""

    chain_ids: tuple[str, ...] = ()
    """The chains of the network, as the settings list them."""
    repair_duplicates: bool = False
    """Whether the newest of several current rows stays and the others are superseded."""
    jobs_only: bool = False
    """Whether the other indexer goes on writing blocks, and only jobs run beside it."""
    blocks_behind: int = 1
    """How many of its newest blocks they leave out then."""
    keep_notify: bool = False
    """Whether triggers that tell listeners of rows stay enabled."""
    patience: Patience = Patience()
    """How locks are waited for."""
    look_again_seconds: float = LOOK_AGAIN_SECONDS
    """Between the two looks that tell whether an indexer writes."""


class Plan(msgspec.Struct, frozen=True):
    """What was found, what forbids the adoption, and what is to be done."""

    found: Survey
    refused: Sequence[AdoptionError]
    chain_id: str
    steps: Sequence[Step]
    """In order, the last one being the switch; where it is refused, as far as they can be known."""
    left_out: Sequence[str] = ()
    """What of it cannot be known because of a refusal, and why."""


class Audience(Protocol):
    """Who is told how an adoption goes."""

    def begins(self, step: Step) -> None:
        """Hear that a step begins."""

    def waits(self, step: Step, tries: int, in_the_way: Sequence[LockHolder]) -> None:
        """Hear that a step did not get its locks, how often, and from whom."""

    def done(self, step: Step, seconds: float) -> None:
        """Hear that a step is done."""


async def planned(connection: AsyncConnection[Any], choices: Choices) -> Plan:
    """Look at a database and say what would be done; nothing is changed."""
    known = wanted()
    pause, seconds = choices.patience.pause, choices.look_again_seconds
    found = await survey(connection, known, pause=pause, look_again_seconds=seconds)
    refused = [
        each
        for each in refusals(found, known, choices.chain_ids)
        if not (choices.repair_duplicates and each.code == REPAIRED)
        and not (found.ours.is_beside and not choices.jobs_only and each.code == ADOPTED)
    ]
    chain_id = chosen_chain(found, choices.chain_ids) or ""
    codes = dict.fromkeys(each.code for each in refused)
    unknown = left_out.strangers(found, known) if refused else set[str]()
    steps = () if left_out.has_no_plan(codes) else _steps(found, left_out.without(known, unknown), chain_id, choices)
    return Plan(found, tuple(refused), chain_id, tuple(steps), tuple(left_out.sentences(codes, unknown)))


def _steps(found: Survey, known: Wanted, chain_id: str, choices: Choices) -> Iterator[Step]:
    """Yield what would be done, whatever forbids it, in order."""
    steps = list(plan.steps(found, known))
    yield from (step for step in steps if step.name == OWN)  # its ledger records all others
    if choices.repair_duplicates:
        yield from repair.steps(found)
    yield from (step for step in steps if step.name != OWN)
    yield from _last(found, chain_id, choices)


def _last(found: Survey, chain_id: str, choices: Choices) -> Iterator[Step]:
    """Yield the switch, or what stands for it where only jobs are to run."""
    if choices.jobs_only:
        yield from beside.steps(found, chain_id, blocks_behind=choices.blocks_behind, patience=choices.patience)
    else:
        yield switch.step(found, chain_id, keep_notify=choices.keep_notify, patience=choices.patience)


async def adopt(connection: AsyncConnection[Any], choices: Choices, *, clock: Clock, audience: Audience) -> Plan:
    """Do what :func:`planned` says, and return it; ``connection`` is in autocommit mode, its statements unlimited.

    Raises AdoptionError where the adoption is refused, another run is under way, or an indexer still writes when all
    but the switch is done.
    """
    async with turn(connection):
        agreed = await _agreed(connection, choices)
        for step in agreed.steps[:-1]:
            await _do(connection, step, choices.patience, clock, audience)
        agreed = await _agreed(connection, choices)
        if agreed.found.is_written and not choices.jobs_only:
            raise switch.alive(await position(connection, agreed.found.columns))
        await _do(connection, agreed.steps[-1], choices.patience, clock, audience)
        return agreed


async def _agreed(connection: AsyncConnection[Any], choices: Choices) -> Plan:
    """Return the plan. Raises AdoptionError with all that refuses it."""
    plan = await planned(connection, choices)
    if plan.refused:
        raise together(plan.refused)
    return plan


async def _do(
    connection: AsyncConnection[Any], step: Step, patience: Patience, clock: Clock, audience: Audience
) -> None:
    started = clock.monotonic()
    audience.begins(step)

    def record(connection: AsyncConnection[Any]) -> Any:
        values = {"name": step.name, "seconds": clock.monotonic() - started}
        return connection.execute(RECORD, values)

    async def work(connection: AsyncConnection[Any]) -> None:
        await step.work(connection)
        await record(connection)

    def waits(tries: int, in_the_way: Sequence[LockHolder]) -> None:
        audience.waits(step, tries, in_the_way)

    with _failing(step):
        if step.alone:
            await work(connection)
        else:
            await in_one_transaction(
                connection, work, lock=step.lock, tables=step.tables, patience=patience, waits=waits
            )
    audience.done(step, clock.monotonic() - started)


@contextmanager
def _failing(step: Step) -> Iterator[None]:
    """Say of what fails which step it is, and that the next run goes on from there."""
    try:
        yield
    except OutageError as error:
        raise OutageError(error.code, error.message, cure=f"Have the database answer again. {GOES_ON}") from error
    except (psycopg.Error, DatabaseError) as error:
        if isinstance(error, psycopg.Error) and trouble_of(error) is not None:
            raise
        raise AdoptionError(
            "adoption_step_failed",
            f"The step {step.name!r} failed: {' '.join(str(error).split())}",
            cure=f"Remove the cause. {GOES_ON}",
        ) from error
