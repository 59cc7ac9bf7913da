"""What every verb has in common: the global options, the logs, and how it ends."""

import asyncio
import errno
import functools
import inspect
import signal
import sys
import typing
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from backbeat.cli import streams
from backbeat.cli.global_options import CONFIG, DATA_DIR, DATABASE, JSON, LOG_LEVEL, WIDE
from backbeat.cli.names import completed, log_levels
from backbeat.cli.show import show_wide
from backbeat.db.failures import failure_of
from backbeat.errors import ArgumentError, BackbeatError, Exit, OutputError
from backbeat.masking import mask
from backbeat.observe import logs
from backbeat.settings import LogSettings
from backbeat.settings_layers import Loaded, is_text, load

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)  # what writing to an open file may meet
INTERRUPTED = 128 + signal.SIGINT

Json = Annotated[bool, typer.Option("--json", help=JSON)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]

_GLOBAL: dict[str, Any] = {
    "data_dir": Annotated[str | None, typer.Option(help=DATA_DIR, rich_help_panel="Global")],
    "database": Annotated[str | None, typer.Option(help=DATABASE, rich_help_panel="Global")],
    "config": Annotated[Path | None, typer.Option(help=CONFIG, dir_okay=False, rich_help_panel="Global")],
    "log_level": Annotated[
        str | None, typer.Option(help=LOG_LEVEL, rich_help_panel="Global", autocompletion=completed(log_levels))
    ],
    "wide": Annotated[bool, typer.Option("--wide", help=WIDE, rich_help_panel="Global")],
}


_UNSET: dict[str, Any] = {"wide": False}
"""What a global option is where it was not given, unless that is None."""

Level = Literal["warning"]

Work = Callable[..., Coroutine[Any, Any, int | None]]


def verb(function: Work) -> Callable[..., None]:
    """Make a command of ``async def function(loaded: Loaded, ...)``, which returns its exit status (None: 0).

    The command takes the global options besides the function's own. A parameter whose type is a struct stands for its
    fields, each an option. A BackbeatError becomes ``error:`` and ``cure:`` on standard error (one JSON object when the
    verb has ``as_json: Json`` and it was given) and its own exit status. Unless a log level was chosen, only warnings
    are logged: the output is the answer.
    """
    return _command(function, level="warning")


def service(function: Work) -> Callable[..., None]:
    """Make a command of a verb that runs until it is stopped: as :func:`verb`, logging as :func:`of_service` says."""
    return _command(function, level=None)


def _command(function: Work, level: Level | None) -> Callable[..., None]:
    signature = inspect.signature(function)
    taken = list(signature.parameters.values())[1:]
    own = [option for parameter in taken for option in _options(parameter)]
    structs = {each.name: each.annotation for each in taken if _is_struct(each.annotation)}

    @functools.wraps(function)
    def command(**options: Any) -> None:
        chosen = {name: options.pop(name) for name in _GLOBAL}
        run = functools.partial(_run, function, structs, chosen, options, level)
        raise typer.Exit(_ended(run, as_json=bool(options.get("as_json"))))

    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_UNSET.get(name), annotation=kind)
        for name, kind in _GLOBAL.items()
    ]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    command.__signature__ = signature.replace(parameters=[*own, *shared], return_annotation=None)  # type: ignore[attr-defined]  # what inspect reads
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *shared]}
    return command


def print_json(value: Any) -> None:
    """Print any value as indented JSON on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _options(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """Yield the options that a parameter of a verb stands for."""
    kind = parameter.annotation
    if not _is_struct(kind):
        yield parameter
        return
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        yield parameter.replace(name=field.name, default=field.default, annotation=hints[field.name])


def _gathered(structs: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a verb: its options, those of a struct as one."""
    rest = dict(options)
    made = {
        name: kind(**{field: rest.pop(field) for field in kind.__struct_fields__}) for name, kind in structs.items()
    }
    return {**rest, **made}


def _run(
    function: Work, structs: dict[str, Any], chosen: dict[str, Any], options: dict[str, Any], level: Level | None
) -> int:
    for name, value in {**chosen, **options}.items():
        if any(isinstance(each, str) and not is_text(each) for each in (value if isinstance(value, list) else [value])):
            raise ArgumentError("argument_invalid", f"The argument {name} is not UTF-8.", cure="Write it as UTF-8.")
    show_wide(wanted=bool(chosen.pop("wide")))
    loaded = load_settings(**chosen)
    log_settings = of_service(loaded) if level is None else _at(loaded, level)
    logs.configure(log_settings, secrets=logs.secrets_of(loaded.settings))
    return asyncio.run(function(loaded, **_gathered(structs, options))) or 0


def of_service(loaded: Loaded) -> LogSettings:
    """Return how a verb logs that runs until it is stopped.

    A person at a terminal sees its line, and hears of trouble alone, unless a level is set or the log is JSON.
    """
    is_watched = sys.stderr.isatty() and loaded.settings.log.format != "json"
    return _at(loaded, "warning") if is_watched else loaded.settings.log


def _at(loaded: Loaded, level: Level) -> LogSettings:
    settings = loaded.settings.log
    return settings if "log.level" in loaded.origins else msgspec.structs.replace(settings, level=level)


def load_settings(
    data_dir: str | None = None, database: str | None = None, config: Path | None = None, log_level: Level | None = None
) -> Loaded:
    """Merge the global options over the environment and the file."""
    flags = {"data_dir": data_dir, "database.url": database, "log.level": log_level}
    return load(flags, file=config)


def _ended(work: Callable[[], int], *, as_json: bool) -> int:
    try:
        status = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except streams.ReaderGone:
        streams.give_up_output()  # the reader of our output closed the pipe
        return Exit.OK
    except Exception as raised:
        error = failure_of(raised) or _unusable(raised)
        if error is None:
            raise
        if isinstance(error, OutputError):
            streams.give_up_output()
        report(error, as_json=as_json)
        return error.exit_status
    return status


def _unusable(error: Exception) -> BackbeatError | None:
    """Return the error for a file that the system does not let us use; None for any other."""
    if not isinstance(error, OSError) or (error.filename is None and error.errno not in NO_ROOM):
        return None
    name = f" {str(error.filename)!r}" if error.filename else ""
    return OutputError(
        "file_unusable",
        f"The system refuses a file{name}: {error.strerror}",
        cure="Check that its folder is there, who may write there, and that the disk has room.",
    )


def report(error: BackbeatError, *, as_json: bool) -> None:
    """Tell a person, or a program, what failed and what to do about it; on standard error."""
    message, cure = (mask(logs.visible(text)) for text in (error.message, error.cure))
    if as_json:
        text = msgspec.json.encode({"error": {"code": error.code, "message": message, "cure": cure}}).decode()
    else:
        text = f"error: {message}\ncure: {cure}"
    sys.stderr.write(text + "\n")
