"""The verbs by name: their modules are imported when a verb is used, so that ``--help`` loads none of them."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


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
    return command


class VerbGroup(TyperGroup):
    """The group of all verbs: lists them by :data:`VERBS`, and imports the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        listed = {verb.name: TyperCommand(verb.name, help=verb.summary) for verb in VERBS}
        super().__init__(**{**attributes, "commands": listed})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the verb named by the first argument, imported, and the arguments after it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest
