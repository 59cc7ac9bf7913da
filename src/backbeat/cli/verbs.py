"""The verbs by name: their modules are imported when a verb is used, so that ``--help`` loads none of them."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand
from typer.main import get_command, get_group

from backbeat.cli import usage
from backbeat.cli.examples import EXAMPLES
from backbeat.cli.groups import Group
from backbeat.errors import Exit

INTERRUPTED = 130  # by Ctrl-C


class Verb(NamedTuple):
    """One verb of the command line."""

    name: str
    """As it is typed; the module and the function (or, for a group, its ``app``) have the same name."""
    summary: str
    """What ``backbeat --help`` says of it: the first sentence of its docstring."""


VERBS = (
    Verb("up", "Run PostgreSQL, the chain source, the indexer, the jobs and the status page until Ctrl-C."),
    Verb("index", "Follow the chain until Ctrl-C, and nothing else; a second one stands by until the first is gone."),
    Verb("web", "Serve the status page and the API until Ctrl-C, and nothing else."),
    Verb("status", "Show height, lag, rates, jobs and checks."),
    Verb("doctor", "Check this machine, the settings, the database and the chain source."),
    Verb(
        "migrate",
        "Apply the migrations that the database lacks, in order, and put functions, views and triggers in place.",
    ),
    Verb(
        "adopt",
        "Take over a database that the network's indexer wrote: look at it, prepare it, and switch; or give it back.",
    ),
    Verb(
        "watch",
        "Compare a running indexer's database with one of ours that follows the same chain; nothing is written there.",
    ),
    Verb(
        "audit",
        "Hold every row of derived tables to what it follows from, range by range; goes on where it was cut off.",
    ),
    Verb("replays", "Show transactions whose signed message stood on the chain before, newest first."),
    Verb("settings", "Show every setting with its value and origin; secrets are masked."),
    Verb("simulate", "Make up a music network: serve it as a node, or write it to recordings."),
    Verb("version", "Show the version of Backbeat and of Python."),
    Verb("psql", "Run PostgreSQL's psql on the database; its exit status is this verb's."),
    Verb("digest", "The state as a few sums, and where it differs from another instance's."),
    Verb("challenges", "What can be earned, and what was."),
    Verb("jobs", "Look at the jobs, and act on them."),
    Verb("plays", "Plays that are gone: how many, and whether what counted them can be computed again."),
    Verb("rejected", "Refused transactions: look at them, and replay them."),
    Verb("snapshot", "The state that a recording takes for granted."),
    Verb("trending", "What trends, and why."),
)


def load(name: str) -> Any:
    """Import a verb and return its command, or its group of commands."""
    module = import_module(f"backbeat.cli.{name}")
    if isinstance(group := getattr(module, "app", None), typer.Typer):
        command: Any = get_group(group)
    else:
        single = typer.Typer(add_completion=False)
        single.command()(getattr(module, name))
        command = get_command(single)
    command.name = name
    _with_examples(command, name)
    return command


def _with_examples(command: Any, *path: str) -> None:
    """Have the help of a verb, or of each in a group, end with what people type."""
    if lines := EXAMPLES.get(" ".join(path)):
        command.epilog = "\n\n".join(("Examples:", *lines))
    for name, inner in getattr(command, "commands", {}).items():
        _with_examples(inner, *path, name)


class VerbGroup(Group):
    """The group of all verbs: lists them by :data:`VERBS`, and imports the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        listed = {verb.name: TyperCommand(verb.name, help=verb.summary) for verb in VERBS}
        super().__init__(**{**attributes, "commands": listed})

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one command and end the process; what cannot be understood is told with its cure."""
        given = list(sys.argv[1:] if args is None else args)
        try:
            status = super().main(given, prog_name, complete_var, False, windows_expand_args, **extra)
        except usage.UsageError as found:
            if type(found).__name__ != usage.HELPS:
                usage.tell(usage.error_of(found, given, self._named(given)), as_json=usage.wants_json(given))
            status = Exit.USAGE
        except typer.Abort:
            status = INTERRUPTED
        if not standalone_mode:
            return status
        sys.exit(status or Exit.OK)

    def _named(self, given: Sequence[str]) -> str:
        """Return the verb that a command line names, with its groups, as far as it can be read."""
        path = ["backbeat"]
        command: Any = self
        left = usage.behind(given)
        while left and left[0] in getattr(command, "commands", {}):
            command = load(left[0]) if command is self else command.commands[left[0]]
            path.append(left[0])
            left = usage.behind(left[1:])
        return " ".join(path)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the verb named by the first argument, imported, and the arguments after it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest
