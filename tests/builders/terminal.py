"""The command line, run within the test's own process."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import structlog
from typer.testing import CliRunner

from backbeat.cli.main import app


class Answer(NamedTuple):
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def backbeat(*arguments: str, env: dict[str, str] | None = None) -> Answer:
    """Run ``backbeat`` with these arguments."""
    with logs_restored():
        result = CliRunner().invoke(app, list(arguments), env=env, catch_exceptions=False)
    return Answer(result.exit_code, result.stdout, result.stderr)


@contextmanager
def logs_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
