"""`backbeat rejected replay`: apply what this version can of what was refused."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from backbeat.chain.networks import NETWORKS
from backbeat.chain.signatures import Verifier
from backbeat.cli import names
from backbeat.cli.connection import own_lanes
from backbeat.cli.listing import Listing
from backbeat.cli.progress import progress
from backbeat.cli.show import show
from backbeat.cli.stopping import until_signalled
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.codes import LaneName
from backbeat.db.migrate import verify
from backbeat.errors import ArgumentError, Exit
from backbeat.index.reject import Code
from backbeat.index.rejected.picking import OF_THE_PROGRAM, Choice
from backbeat.index.rejected.replay import Replay, Tell
from backbeat.index.rejected.report import Report
from backbeat.index.sources import rules_of
from backbeat.nearest import meant
from backbeat.observe import figures
from backbeat.settings_layers import Loaded

STOPPED = 128 + signal.SIGTERM
LANES = frozenset({LaneName.INDEXING, LaneName.CONTROL})

Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason",
        help="Those refused for this reason; may be given several times. "
        f"Without it those that an upgrade may help: {', '.join(OF_THE_PROGRAM)}.",
        show_default=False,
        autocompletion=names.completed(names.reasons),
    ),
]
Since = Annotated[
    int, typer.Option(min=0, help="Only those in blocks of the chain that is followed, from this height on.")
]


@verb
async def replay(
    loaded: Loaded, reason: Reasons = None, since: Since = 0, dry_run: DryRun = False, as_json: Json = False
) -> int:
    """Apply refused transactions in the order of the chain, where this version can. No indexer may run meanwhile."""
    choice = Choice(_reasons(reason), since)
    settings, clock, stop = loaded.settings, SystemClock(), until_signalled()
    async with own_lanes(loaded, LANES) as lanes:
        async with lanes.control.connection() as connection:
            await verify(connection)
        verifier = Verifier(NETWORKS[settings.chain.network])
        case = settings.chain.migration_case
        replaying = Replay(lanes, rules_of(settings), verifier, choice, clock, migration_case=case)
        with ExitStack() as shown:
            tell = _tell(shown, as_json=as_json)
            if dry_run:
                report = await replaying.dry_run(stop, tell)
            else:
                report = await replaying.run(settings.index.lease_seconds, stop, tell)
    if as_json:
        print_json(report)
    else:
        show(*_told(report))
    return STOPPED if report.stopped else Exit.OK


def _reasons(asked: list[str] | None) -> tuple[str, ...]:
    for reason in asked or ():
        check_reason(reason)
    if asked and Code.REPLAYED in asked:
        raise ArgumentError(
            "replayed_stays_refused",
            "What was refused as replayed stood on the chain before, and is never applied again.",
            cure="Name other reasons, or none.",
        )
    return tuple(asked or OF_THE_PROGRAM)


def check_reason(reason: str) -> None:
    """Raise ArgumentError for a reason that nothing is refused for."""
    if reason not in set(Code):
        raise ArgumentError(
            "reason_unknown",
            f"Nothing is ever refused for {reason!r}.",
            cure=f"{meant(reason, Code)}`backbeat status` counts those that occurred.",
        )


def _tell(shown: ExitStack, *, as_json: bool) -> Tell:
    """Return what shows progress from when the total is known until ``shown`` is left."""
    bars: list[Callable[[int], None]] = []

    def tell(done: int, total: int) -> None:
        if not bars:
            bars.append(shown.enter_context(progress("transactions", total, does="Replaying", as_json=as_json)))
        bars[0](done)

    return tell


def _told(report: Report) -> list[RenderableType]:
    ended = report.ended
    verb_done = "Would replay" if report.dry_run else "Replayed"
    told: list[RenderableType] = [
        Text(
            f"{verb_done} {figures.count(report.done)} of {figures.plural(report.found, 'refused transaction')}: "
            f"{figures.count(ended.applied)} applied, {figures.count(ended.ignored)} ignored, "
            f"{figures.count(ended.rejected)} refused still; {figures.plural(report.plays, 'play')} written."
        )
    ]
    if report.by_pair:
        rows = [
            (name, figures.count(each.applied), figures.count(each.ignored), figures.count(each.rejected))
            for name, each in sorted(report.by_pair.items())
        ]
        headings = ("What", "Applied", "Ignored", "Refused still")
        told.append(Listing(headings, rows, right=headings[1:]))
    if report.by_reason:
        reasons = sorted(report.by_reason.items(), key=lambda item: -item[1])
        told.append(
            Listing(("Refused still because", "Count"), [(n, figures.count(c)) for n, c in reasons], right=("Count",))
        )
    return told + [Text(line) for line in _notes(report)]


def _notes(report: Report) -> list[str]:
    notes = []
    if lost := report.without_bytes + report.forgotten:
        notes.append(
            f"{figures.count(lost)} more cannot be replayed: their bytes are not kept any more "
            "(jobs.rejected_days, jobs.rejected_bytes_max). Only indexing the chain from its start applies them."
        )
    if report.stopped:
        notes.append("Stopped before the end. What is done is kept; the same command goes on from there.")
    return notes
