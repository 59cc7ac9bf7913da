"""`backbeat migrate`: bring the database to this version."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text

from backbeat.cli.connection import database_url
from backbeat.cli.progress import working
from backbeat.cli.show import show
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db.migrate import MigrationReport
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
        with working("applying migrations"):
            report = await apply(url, clock=SystemClock(), dry_run=dry_run, phase=phase, network_tables=wanted)
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
