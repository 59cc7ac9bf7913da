"""The command line: `backbeat VERB`. Which verbs there are is in :mod:`backbeat.cli.verbs`."""

import sys
import traceback

import typer

from backbeat.cli.verbs import VerbGroup
from backbeat.errors import Exit
from backbeat.masking import mask

app = typer.Typer(
    cls=VerbGroup,
    name="backbeat",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help="A discovery indexer for Open Audio style networks, whose derived state costs what changed.")
def backbeat() -> None:
    """Do nothing before the verb; with a callback typer takes a single verb for a group, too."""


def main() -> None:
    """Run one command and end the process with its exit status."""
    try:
        app()
    except Exception:  # noqa: BLE001 - the last resort: whatever was not foreseen is a defect of ours
        sys.stderr.write(mask(traceback.format_exc()))
        sys.stderr.write("error: this is a defect of Backbeat\ncure: report it with the lines above\n")
        sys.exit(Exit.SOFTWARE)
