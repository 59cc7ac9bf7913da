"""`backbeat psql`: PostgreSQL's own client on the database that the other verbs speak to."""

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Annotated

import typer
from psycopg.conninfo import make_conninfo

from backbeat.cli.connection import database_url
from backbeat.cli.verb import Json, verb
from backbeat.db import address
from backbeat.errors import ArgumentError
from backbeat.settings_layers import Loaded

PROGRAM = "psql"
APPLICATION = "backbeat/psql"

Arguments = Annotated[
    list[str] | None, typer.Argument(help="What psql is given, behind `--`.", show_default=False, metavar="-- [ARG]...")
]


@verb
async def psql(loaded: Loaded, arguments: Arguments = None, as_json: Json = False) -> int:  # noqa: ARG001 - of errors
    """Run PostgreSQL's psql on the database; its exit status is this verb's."""
    program = _program(loaded.settings.database.postgres_bin)
    async with database_url(loaded, start=True) as url:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, _leave_it_to_psql)
        conninfo, password = _split(url)
        # not as an argument, which every user of the machine can read
        environment = {**os.environ, "PGAPPNAME": APPLICATION} | ({"PGPASSWORD": password} if password else {})
        process = await asyncio.create_subprocess_exec(
            program, "--dbname", conninfo, *(arguments or ()), env=environment
        )
        return await process.wait()


def _split(url: str) -> tuple[str, str]:
    """Return an address as psql takes it, without its password, and the password."""
    parameters = dict(address.parse(url).parameters)
    password = str(parameters.pop("password", "") or "")
    return make_conninfo(**parameters), password


def _program(postgres_bin: str) -> str:
    beside = Path(postgres_bin) / PROGRAM
    found = str(beside) if postgres_bin and beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise ArgumentError(
            "psql_not_found",
            "This machine has no psql.",
            cure="Install PostgreSQL's client (Debian: postgresql-client), or use another one on the same address.",
        )
    return found


def _leave_it_to_psql() -> None:
    """Do nothing: psql, which hears Ctrl-C as well, ends what it is doing and stays."""
