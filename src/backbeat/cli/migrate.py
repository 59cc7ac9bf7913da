"""`backbeat migrate`: bring the database to this version."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection
from rich.text import Text

from backbeat.cli.connection import database_url
from backbeat.cli.onlooker import looked_on
from backbeat.cli.progress import Work, shown
from backbeat.cli.show import show
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db.index_builds import building
from backbeat.db.migrate import APPLICATION, MigrationReport
from backbeat.db.migrate import migrate as apply
from backbeat.db.migration_files import Phase
from backbeat.settings_layers import Loaded

Part = Annotated[
    Phase,
    typer.Option(
        help="pre: what a new version needs, while the old one may still run; post: what only the old one needed."
    ),
]

Network = Annotated[
    bool,
    typer.Option(
        "--network-tables",
        help="Also make, empty, what the network's own API server reads and we do not have.",
    ),
]


@verb
async def migrate(
    loaded: Loaded, phase: Part = "all", network_tables: Network = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Apply the migrations that the database lacks, in order, and put functions, views and triggers in place."""
    wanted = network_tables or loaded.settings.database.network_tables
    async with database_url(loaded, start=True, create=True) as url:
        with shown(Work("Migrating"), as_json=as_json) as work:
            told = _Steps(work)
            async with looked_on(url, told.look):
                report = await apply(
                    url, clock=SystemClock(), dry_run=dry_run, phase=phase, network_tables=wanted, tell=told.step
                )
    if as_json:
        print_json(
            {
                "dry_run": report.dry_run,
                "pending": [migration.label for migration in report.pending],
                "applied": [
                    {"migration": done.migration.label, "duration_seconds": done.duration_seconds}
                    for done in report.applied
                ],
                "objects": [str(each.key) for each in report.objects.changed],
                "objects_removed": [str(key) for key in report.objects.gone],
                "network_tables": report.network_tables,
            }
        )
    else:
        show(Text("\n".join(_told(report))))


class _Steps:
    """Shows which migration is applied, of how many; and of an index that is built how far that is."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._step = ("", 0, 0)

    def step(self, name: str, done: int, steps: int) -> None:
        """Show a step that begins."""
        self._step = (name, done, steps)
        self._work.does = f"Migrating: {name}"
        self._work.tell_of("steps", done, steps)

    async def look(self, connection: AsyncConnection[Any]) -> None:
        """Show how far an index is, which may take longer than all other steps together."""
        build = await building(connection, APPLICATION)
        if build is not None and (size := build.size) is not None:
            self._work.does = f"Indexing {build.table_name}: {build.phase.partition(':')[0]}"
            self._work.tell_of(*size)
        elif self._step[-1]:
            self.step(*self._step)


def _told(report: MigrationReport) -> Iterator[str]:
    if not report.pending and not any(report.objects) and not report.network_tables:
        yield "Nothing to do: every migration is applied, every object in place."
    if report.pending:
        yield "Would apply:" if report.dry_run else "Applied:"
    if report.dry_run:
        yield from (f"  {migration.label}" for migration in report.pending)
    yield from (f"  {done.migration.label}, {done.duration_seconds:.2f} s" for done in report.applied)
    if report.network_tables:
        yield "Would make, empty:" if report.dry_run else "Made, empty:"
        yield f"  {len(report.network_tables)} tables for the network's API server"
    changed, gone = report.objects
    if changed or gone:
        yield "Would put in place:" if report.dry_run else "Put in place:"
        yield f"  {len(changed)} functions, views, triggers and captures; {len(gone)} removed"
