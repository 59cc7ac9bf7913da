"""The command line: one verb per module, each registered here."""

import sys
import traceback

import typer

from backbeat.cli import (
    challenges,
    doctor,
    index,
    jobs,
    migrate,
    rejected,
    replays,
    settings,
    simulate,
    snapshot,
    status,
    trending,
    up,
    version,
    web,
)
from backbeat.errors import Exit
from backbeat.masking import mask

app = typer.Typer(
    name="backbeat",
    help="A discovery indexer for Open Audio style networks, whose derived state costs what changed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    up.up,
    index.index,
    web.web,
    status.status,
    doctor.doctor,
    migrate.migrate,
    rejected.rejected,
    replays.replays,
    settings.settings,
    simulate.simulate,
    version.version,
):
    app.command()(command)
app.add_typer(challenges.app, name="challenges")
app.add_typer(jobs.app, name="jobs")
app.add_typer(snapshot.app, name="snapshot")
app.add_typer(trending.app, name="trending")


def main() -> None:
    """Run one command and end the process with its exit status."""
    try:
        app()
    except Exception:  # noqa: BLE001 - the last resort: whatever was not foreseen is a defect of ours
        sys.stderr.write(mask(traceback.format_exc()))
        sys.stderr.write("error: this is a defect of Backbeat\ncure: report it with the lines above\n")
        sys.exit(Exit.SOFTWARE)
