"""The command line: `backbeat VERB`. Which verbs there are is in :mod:`backbeat.cli.verbs`."""

import sys
import traceback
from typing import Annotated, Any

import typer

import backbeat
from backbeat.cli import streams
from backbeat.cli.examples import EXAMPLES
from backbeat.cli.global_options import CONFIG, DATA_DIR, DATABASE, JSON, LOG_LEVEL, WIDE
from backbeat.cli.verbs import VerbGroup
from backbeat.errors import Exit, OutputError
from backbeat.masking import mask

app = typer.Typer(
    cls=VerbGroup,
    name="backbeat",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"backbeat {backbeat.__version__}")
        raise typer.Exit


_GLOBAL = "Global, before or behind the verb"


@app.callback(
    help="A discovery indexer for Open Audio style networks, whose derived state costs what changed.",
    epilog="\n\n".join(("Begin with:", *EXAMPLES[""])),
)
def before_the_verb(
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    _data_dir: Annotated[str, typer.Option("--data-dir", help=DATA_DIR, rich_help_panel=_GLOBAL)] = "",
    _database: Annotated[str, typer.Option("--database", help=DATABASE, rich_help_panel=_GLOBAL)] = "",
    _config: Annotated[str, typer.Option("--config", help=CONFIG, rich_help_panel=_GLOBAL)] = "",
    _log_level: Annotated[str, typer.Option("--log-level", help=LOG_LEVEL, rich_help_panel=_GLOBAL)] = "",
    _wide: Annotated[bool, typer.Option("--wide", help=WIDE, rich_help_panel=_GLOBAL)] = False,
    _as_json: Annotated[bool, typer.Option("--json", help=JSON, rich_help_panel=_GLOBAL)] = False,
) -> None:
    """Do nothing before the verb, which gets the global options that stand before it."""


def main() -> None:
    """Run one command and end the process with its exit status."""
    streams.guard()
    sys.exit(_status())


def _status() -> Any:
    try:
        app()
    except SystemExit as ended:
        return streams.finished(ended.code)
    except streams.ReaderGone:
        return streams.finished(Exit.OK)
    except OutputError as error:
        sys.stderr.write(f"error: {error.message}\ncure: {error.cure}\n")
        return streams.finished(error.exit_status)
    except Exception:  # noqa: BLE001 - the last resort: whatever was not foreseen is a defect of ours
        sys.stderr.write(mask(traceback.format_exc()))
        sys.stderr.write("error: this is a defect of Backbeat\ncure: report it with the lines above\n")
        return Exit.SOFTWARE
    return Exit.OK
