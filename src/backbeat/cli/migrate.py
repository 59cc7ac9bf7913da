"""`backbeat migrate`: bring the database to this version."""

from rich.text import Text

from backbeat.cli.connection import database_url
from backbeat.cli.show import show
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db.migrate import MigrationReport
from backbeat.db.migrate import migrate as apply
from backbeat.settings import Loaded


@verb
async def migrate(loaded: Loaded, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Apply the migrations that the database lacks, in order."""
    async with database_url(loaded, start=True) as url:
        report = await apply(url, clock=SystemClock(), dry_run=dry_run)
    if as_json:
        print_json(
            {
                "dry_run": report.dry_run,
                "pending": [migration.label for migration in report.pending],
                "applied": [
                    {"migration": done.migration.label, "duration_seconds": done.duration_seconds}
                    for done in report.applied
                ],
            }
        )
    else:
        show(_told(report))


def _told(report: MigrationReport) -> Text:
    if not report.pending:
        return Text("Nothing to do: every migration is applied.")
    if report.dry_run:
        return Text("\n".join(["Would apply:", *(f"  {migration.label}" for migration in report.pending)]))
    lines = (f"  {done.migration.label}, {done.duration_seconds:.2f} s" for done in report.applied)
    return Text("\n".join(["Applied:", *lines]))
