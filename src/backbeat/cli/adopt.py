"""`backbeat adopt`: take over a database that the network's indexer wrote, and give it back."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
import typer
from psycopg import AsyncConnection
from rich.text import Text

from backbeat.adopt import release as giving_back
from backbeat.adopt import repair
from backbeat.adopt.adoption import Choices, Plan, planned
from backbeat.adopt.adoption import adopt as take_over
from backbeat.adopt.beside import counts_of_theirs
from backbeat.adopt.lock import Lock
from backbeat.adopt.patience import Patience
from backbeat.adopt.step import Step
from backbeat.adopt.survey import Survey
from backbeat.adopt.switch import to_disable
from backbeat.chain import sequence
from backbeat.cli.connection import database_url
from backbeat.cli.show import show, table, toned
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.db.failures import translated
from backbeat.db.foreign_triggers import ForeignTrigger, Harm
from backbeat.errors import AdoptionError, Exit
from backbeat.lock_holder import LockHolder
from backbeat.observe import figures
from backbeat.observe.logs import visible
from backbeat.settings_layers import Loaded

APPLICATION = "backbeat/adopt"
PATIENCE = Patience()
DOES = {Harm.COUNTS: "counts", Harm.TELLS: "tells users", Harm.NOTIFIES: "tells listeners", Harm.OTHER: "else"}

Repair = Annotated[
    bool,
    typer.Option("--repair-duplicates", help="Leave the newest of several current rows current, supersede the others."),
]
KeepNotify = Annotated[
    bool,
    typer.Option("--keep-notify", help="Leave triggers enabled that tell listeners, as a search indexer, of rows."),
]
JobsOnly = Annotated[
    bool,
    typer.Option("--jobs-only", help="Leave the blocks and their counts to the other indexer; run jobs beside it."),
]
Release = Annotated[bool, typer.Option("--release", help="Give the database back to the indexer that had it.")]
Purge = Annotated[bool, typer.Option("--purge", help="Remove what a release left: the schema backbeat.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a database of another indexer."""

    jobs_only: JobsOnly = False
    """Leave the blocks to the other indexer."""
    repair_duplicates: Repair = False
    """Supersede current rows that stand twice."""
    keep_notify: KeepNotify = False
    """Leave triggers that notify."""
    release: Release = False
    """Give it back."""
    purge: Purge = False
    """Remove what is left then."""


@verb
async def adopt(loaded: Loaded, asked: Asked, dry_run: DryRun = False, as_json: Json = False) -> int:
    """Take over a database that the network's indexer wrote: look at it, prepare it, and switch; or give it back."""
    _check(asked, dry_run=dry_run)
    choices = Choices(
        chain_ids=sequence.parse(loaded.settings.chain.chain_ids).ids,
        repair_duplicates=asked.repair_duplicates,
        jobs_only=asked.jobs_only,
        blocks_behind=loaded.settings.jobs.blocks_behind,
        keep_notify=asked.keep_notify,
        patience=PATIENCE,
    )
    async with _session(loaded) as connection:
        if dry_run:
            plan = await planned(connection, choices)
            _tell(plan, choices, as_json=as_json)
            return Exit.FAILURE if plan.refused else Exit.OK
        if asked.release or asked.purge:
            await _give_back(connection, asked, as_json=as_json)
            return Exit.OK
        told = Told(silent=as_json)
        plan = await take_over(connection, choices, clock=SystemClock(), audience=told)
    _tell_done(plan, told, jobs_only=asked.jobs_only, as_json=as_json)
    return Exit.OK


def _tell_done(plan: Plan, told: "Told", *, jobs_only: bool, as_json: bool) -> None:
    height = plan.found.after.height
    repaired = repair.repaired(plan.found.ours.steps)
    if repaired and not as_json:
        show(repair.counts_told(repaired, jobs_only=jobs_only))
    if as_json:
        print_json(
            {
                "dry_run": False,
                "jobs_only": jobs_only,
                "done": told.done_steps,
                "chain_id": plan.chain_id,
                "height": height,
                "repaired": repaired,
            }
        )
    elif jobs_only:
        show(
            f"Jobs begin at about height {height} of {plan.chain_id}, whose blocks the other indexer goes on writing. "
            "`backbeat jobs run` and `backbeat web` do the rest.",
            f"It goes on counting {'; '.join(counts_of_theirs())}.",
            "Stop its own jobs that ours stand for: `backbeat jobs list --markdown` has the pairs.",
            "To take the blocks over: stop that indexer, `backbeat adopt`. To go back: stop Backbeat, "
            "`backbeat adopt --release`.",
        )
    else:
        show(
            f"Adopted at height {height} of {plan.chain_id}. `backbeat index` or `backbeat up` goes on with the"
            " next block.",
            "To go back: stop Backbeat, `backbeat adopt --release`, start the other indexer.",
        )


def _check(asked: Asked, *, dry_run: bool) -> None:
    chosen = asked.repair_duplicates or asked.keep_notify or asked.jobs_only or dry_run
    if sum((asked.release or asked.purge, chosen)) > 1 or (asked.release and asked.purge):
        raise AdoptionError(
            "adopt_options_clash",
            "--release and --purge stand alone.",
            cure="Ask for one thing at a time: --dry-run, adopt, --release, --purge.",
        )


@asynccontextmanager
async def _session(loaded: Loaded) -> AsyncIterator[AsyncConnection[Any]]:
    """Lend a session whose statements take as long as they take."""
    async with database_url(loaded, start=True) as url:
        with translated():
            async with await address.connect(
                address.parse(url), APPLICATION, statement_timeout=0, lock_timeout=0
            ) as connection:
                yield connection


async def _give_back(connection: AsyncConnection[Any], asked: Asked, *, as_json: bool) -> None:
    told = Told(silent=as_json)
    answer: dict[str, int | bool] = {"purged": True}
    message = "Removed the schema backbeat."
    if asked.purge:
        await giving_back.purge(connection, patience=PATIENCE, waits=told.in_the_way)
    else:
        is_beside = await giving_back.is_beside(connection)
        height = await giving_back.release(connection, patience=PATIENCE, waits=told.in_the_way)
        answer = {"released_height": height}
        begins = "" if is_beside else f": the other indexer must say that it begins at {height + 1}"
        message = f"Given back at height {height}{begins}. The schema backbeat stays until `backbeat adopt --purge`."
    if as_json:
        print_json(answer)
    else:
        show(message)


class Told:
    """Tells a person of each step when it is done, and of who is in the way of it."""

    def __init__(self, *, silent: bool) -> None:
        self.done_steps: list[str] = []
        self._silent = silent

    def begins(self, step: Step) -> None:
        """Say that a step begins that may take long."""
        if step.alone or step.bytes:
            self._say(f"  {step.does} ...")

    def waits(self, step: Step, tries: int, in_the_way: Sequence[LockHolder]) -> None:
        """Say what a step waits for."""
        self._say(f"  {step.name} waits:")
        self.in_the_way(tries, in_the_way)

    def in_the_way(self, tries: int, sessions: Sequence[LockHolder]) -> None:
        """Say who holds a lock that is wanted."""
        for each in sessions:
            self._say(f"    {each}")
        self._say(f"    tried {figures.plural(tries, 'time')}; nobody waits for us meanwhile")

    def done(self, step: Step, seconds: float) -> None:
        """Say that a step is done."""
        self.done_steps.append(step.name)
        self._say(f"done in {seconds:.2f} s: {step.does}")

    def _say(self, text: str) -> None:
        if not self._silent:
            show(visible(text))


def _tell(plan: Plan, choices: Choices, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(plan, choices))
        return
    show(*map(visible, _found(plan.found)))
    if plan.steps:
        _tell_plan(plan, choices)
    for each in plan.left_out:
        show(Text.assemble(toned("left out ", "busy"), visible(each)))
    for error in plan.refused:
        show(
            Text.assemble(
                toned("refused ", "bad"),
                visible(f"[{error.code}] {error.message}"),
                f"\n        cure: {visible(error.cure)}",
            )
        )


def _tell_plan(plan: Plan, choices: Choices) -> None:
    when = ", once nothing is refused" if plan.refused else ""
    show(_triggers(plan, choices), f"Would do{when}, one after the other:", _steps(plan.steps))
    if repaired := repair.repaired(step.name for step in plan.steps):
        show(repair.counts_told(repaired, jobs_only=choices.jobs_only))
    if choices.jobs_only:
        show(f"Stays the other indexer's to count: {'; '.join(counts_of_theirs())}.")
    elif plan.found.is_written:
        show("An indexer writes to it now. All but the switch may be done beside it; for the switch it is stopped.")


def _found(found: Survey) -> Iterator[str]:
    server = found.server
    yield f"Database {server.database}, PostgreSQL {server.version_number // 10_000}, as the role {server.role}"
    if server.ledgers:
        yield f"  bookkeeping of others: {', '.join(server.ledgers)}"
    for chain in found.chains:
        yield f"  chain {chain.chain_id}: blocks {chain.first_height} to {chain.height}"
    others = [f"{each.application} ({each.role}, process {each.pid})" for each in found.sessions]
    yield f"  also connected: {', '.join(others) or 'nobody'}"


def _triggers(plan: Plan, choices: Choices) -> Any:
    disabled = {each.told for each in _disabled(plan, choices)}
    rows = [
        (
            each.told,
            DOES[each.harm],
            "is off already" if not each.is_enabled else "is disabled" if each.told in disabled else "stays",
        )
        for each in plan.found.triggers
    ]
    return table(("Trigger of others", "What it does", "Then"), rows)


def _disabled(plan: Plan, choices: Choices) -> list[ForeignTrigger]:
    return [] if choices.jobs_only else list(to_disable(plan.found.triggers, keep_notify=choices.keep_notify))


def _steps(steps: Sequence[Step]) -> Any:
    rows = [
        (str(number), step.does, "" if step.lock is Lock.NONE else str(step.lock), _size(step.bytes))
        for number, step in enumerate(steps, 1)
    ]
    return table(("", "Step", "Meanwhile", "Adds about"), rows, right=("", "Adds about"))


def _size(bytes_: int) -> str:
    return figures.size(bytes_) if bytes_ else figures.NOTHING


def _as_json(plan: Plan, choices: Choices) -> dict[str, Any]:
    return {
        "dry_run": True,
        "chain_id": plan.chain_id,
        "server": plan.found.server,
        "chains": plan.found.chains,
        "is_written": plan.found.is_written,
        "sessions": plan.found.sessions,
        "refused": [{"code": e.code, "message": e.message, "cure": e.cure} for e in plan.refused],
        "triggers": plan.found.triggers,
        "disabled": [each.told for each in _disabled(plan, choices)],
        "steps": [
            {"name": s.name, "does": s.does, "lock": s.lock.name.lower(), "tables": s.tables, "bytes": s.bytes}
            for s in plan.steps
        ],
        "left_out": plan.left_out,
        "repaired": repair.repaired(step.name for step in plan.steps),
    }
