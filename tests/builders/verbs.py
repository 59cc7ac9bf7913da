"""Every verb of the command line, and what it is given where it must be given something."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backbeat.cli.verbs import VERBS, load
from backbeat.jobs.catalog import JOBS

ARGUMENTS: dict[str, Sequence[str]] = {
    "name": (JOBS[0].name,),
    "consumer": ("someone",),
    "user": ("1",),
    "challenge": ("p",),
    "place": ("1.0",),
    "other": ("http://127.0.0.1:1",),
}
"""What a verb is given for an argument that it must have, by the argument's name; a file is made."""

ASK_NO_DATABASE = {("settings",), ("simulate",), ("version",), ("psql",)}
"""psql speaks for itself, to any database."""


def verbs() -> list[tuple[str, ...]]:
    """Return every verb that the command line has, with those of its groups."""
    return [path for verb in VERBS for path in _leaves((verb.name,), load(verb.name))]


def _leaves(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    if under_it := getattr(command, "commands", None):
        for name, under in under_it.items():
            yield from _leaves((*path, name), under)
    else:
        yield path


def _command(path: tuple[str, ...]) -> Any:
    command = load(path[0])
    for name in path[1:]:
        command = command.commands[name]
    return command


def arguments(path: tuple[str, ...], recording: Path) -> list[str]:
    """Return what a verb is given beside its name."""
    given: list[str] = []
    for parameter in _command(path).params:
        if parameter.param_type_name == "argument" and (parameter.required or parameter.name == "name"):
            given += [str(recording)] if parameter.name == "recording" else ARGUMENTS[parameter.name]
    return given
