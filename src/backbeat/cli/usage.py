"""What the command line cannot understand: told like every other failure, with its cure; arguments may hold secrets."""

import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from backbeat.errors import ArgumentError
from backbeat.masking import MASK, mask

UsageError: Any = typer.BadParameter.__mro__[1]
"""Of the library under typer, which names it nowhere else."""

NO_VERB = "Missing command."
HELPS = "NoArgsIsHelpError"  # a group that was given nothing has shown its help instead
GLOBAL_OPTIONS = ("--data-dir", "--database", "--config", "--log-level")
GLOBAL_FLAGS = ("--json", "--wide")

_MAY_BE_SECRET = re.compile(r"[^\s'\"(),]*(?:@|://|=)[^\s'\"(),]*")
_PLAIN = re.compile(r"[\w.:-]{1,40}")
_EXTRA = re.compile(r"Got unexpected extra argument\S* \((?P<given>.*)\)", re.DOTALL)
_MISSING = re.compile(r"Missing argument '(?P<name>[\w.]+)'")
_OUTSIDE = re.compile(
    r"(?P<value>[-+.\w]+) is not in the range "
    r"(?:(?P<low>[-+.\w]+)<=)?x(?:>=(?P<least>[-+.\w]+))?(?:<=(?P<high>[-+.\w]+))?\."
)
_NO_INTEGER = re.compile(r" is not a valid int( range)?(?=\.?$)")
_NO_OPTION = re.compile(r"No such option '(?P<name>[^']*)'")
_NO_FILE = re.compile(r"[Ff]ile '' (is a directory|does not exist)(?=\.?$)")


def error_of(found: Any, given: Sequence[str], verb: str) -> ArgumentError:
    """Return what the parser refused as an error of ours; ``given`` is the command line, ``verb`` what it names."""
    path = found.ctx.command_path if found.ctx else verb
    message, _, near = _told(found.format_message(), given).partition(" Did you mean ")
    meant = f"Did you mean {near.rstrip('?')}? " if near else ""
    if takers := _takers(found):
        option = getattr(found, "option_name", None)
        message = f"The option {option} goes behind a verb of `{path}`." if option else f"No verb of `{path}` is named."
        meant = f"Put it behind {takers}. " if option else f"Write {takers}, global options before or behind the verb. "
    return ArgumentError("command_line_invalid", message, cure=f"{meant}See `{path} --help`.")


def _takers(found: Any) -> str:
    """Return the verbs of a group that take what was given to the group itself; nothing where that is not the fault."""
    verbs = getattr(found.ctx.command, "commands", {}) if found.ctx and found.ctx.parent else {}
    option = getattr(found, "option_name", None)
    if option is None and found.message != NO_VERB:
        return ""
    named = [
        f"`{found.ctx.command_path} {name}`"
        for name, verb in verbs.items()
        if option is None or any(option in (*each.opts, *each.secondary_opts) for each in verb.params)
    ]
    return " or ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def is_global_only(arguments: Sequence[str]) -> bool:
    """Tell whether there is nothing but global options: then no verb is named."""
    left = list(arguments)
    while left and (taken := _taken(left)):
        del left[:taken]
    return not left


def behind(arguments: Sequence[str]) -> list[str]:
    """Return arguments with the global options that come first moved behind the verb's name."""
    left = list(arguments)
    moved: list[str] = []
    while left and (taken := _taken(left)):
        moved += left[:taken]
        del left[:taken]
    if left and left[0].startswith("-"):  # a mistake, of which is to be told first
        return [*left, *moved]
    return [*left[:1], *moved, *left[1:]]


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a program asks: also where the rest cannot be understood."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _taken(arguments: Sequence[str]) -> int:
    """Return how many of the first arguments are a global option."""
    first = arguments[0]
    if first in GLOBAL_FLAGS or (first.partition("=")[0] in GLOBAL_OPTIONS and "=" in first):
        return 1
    return 2 if first in GLOBAL_OPTIONS and len(arguments) > 1 else 0


def _told(message: str, given: Sequence[str]) -> str:
    """Return the parser's sentence without what may be a piece of a password."""
    if extra := _EXTRA.search(message):
        parts = extra["given"].split()
        is_plain = "--database" not in given and all(_PLAIN.fullmatch(part) for part in parts)
        shown = ": " + ", ".join(parts) if is_plain else ""
        return f"There are too many arguments{shown}."
    message = message.removeprefix("Invalid value: ").replace(": Value error, ", ": ")  # of the library's own words
    message = _MISSING.sub(lambda found: f"Missing argument '{found['name'].upper()}'", message)
    told = mask(_MAY_BE_SECRET.sub(MASK, _in_our_words(message))).strip()
    return told if told.endswith((".", "?")) else f"{told}."


def _in_our_words(message: str) -> str:
    """Return the same whichever version of the library says it; ``x<=9`` would be taken for a secret."""
    message = _OUTSIDE.sub(_outside, message)
    message = _NO_INTEGER.sub(" is not a valid integer", message)
    message = _NO_OPTION.sub(lambda found: f"No such option: {found['name']}", message)
    return _NO_FILE.sub("no file is named", message)


def _outside(found: re.Match[str]) -> str:
    low, high = found["low"] or found["least"], found["high"]
    if high is None or (low is not None and float(found["value"]) < float(low)):
        return f"Input should be greater than or equal to {low}."
    return f"Input should be less than or equal to {high}."


def finite(value: float | None) -> float | None:
    """Return a number that was given; raises the parser's error where it is none, which not every version refuses."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("Input should be a finite number.")
    return value


def named(path: Path | None) -> Path | None:
    """Return a file that was given; raises the parser's error where its name is empty."""
    if path == Path():
        raise typer.BadParameter("no file is named.")
    return path


def tell(error: ArgumentError, *, as_json: bool) -> None:
    """Tell what is wrong on standard error, as every verb does."""
    from backbeat.cli.verb import report  # noqa: PLC0415 - help and mistakes of its kind load no verb

    report(error, as_json=as_json)
    sys.stderr.flush()
