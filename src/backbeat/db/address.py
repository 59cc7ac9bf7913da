"""A database's address as people write it, and as the driver takes it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg

from backbeat.db import pinned
from backbeat.db.connection import LaneConnection
from backbeat.db.outage import cannot_connect
from backbeat.db.written_address import read
from backbeat.errors import ConfigError

CONNECT_SECONDS_MAX = 10

# How libpq notices, over TCP, that the other side is gone without a word: after 20 seconds, whether it waits for an
# answer (keepalives) or has sent something that is not confirmed (user timeout). What the address says goes first.
TCP_DEFAULTS = {
    "keepalives_idle": 11,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Address(NamedTuple):
    """``parameters`` are what libpq understands; ``pool_max_conns`` is 0 unless the address asked for a size.

    ``ignored_parameters``: parameters of other drivers that mean nothing here.
    """

    parameters: Mapping[str, Any]
    pool_max_conns: int
    ignored_parameters: tuple[str, ...] = ()

    def session(self, application: str, **server_settings: str | int) -> dict[str, Any]:
        """Return the driver's arguments for a session with what is pinned and with these settings.

        They travel in the connection's first packet. ``backbeat.session`` tells whether they arrived. The schema is
        public unless the address asks for another.
        """
        asked = str(self.parameters.get("options", ""))
        wanted = {name: str(value) for name, value in server_settings.items()}
        if "search_path" not in asked:
            # by default a role named like a schema, as ours is, would make its tables there
            wanted.setdefault("search_path", "public")
        return {**self.pooled_session(application), "options": f"{asked} {pinned.words(**wanted)}".strip()}

    def pooled_session(self, application: str) -> dict[str, Any]:
        """Return the driver's arguments for a session behind a pooler that refuses settings in the first packet."""
        several = "," in f"{self.parameters.get('host', '')}{self.parameters.get('hostaddr', '')}"
        return {
            "connect_timeout": CONNECT_SECONDS_MAX,
            **TCP_DEFAULTS,
            # of several servers the one that can be written to
            **({"target_session_attrs": "read-write"} if several else {}),
            "options": "",  # else libpq takes what PGOPTIONS says
            **self.parameters,
            "client_encoding": "UTF8",
            "application_name": application,
        }


def parse(url: str) -> Address:
    """Return the parts of a URL as any driver takes it or of a key=value string. Raises ConfigError for neither."""
    written = read(url)
    asked = written.pool_max_conns
    if asked and not (asked.isascii() and asked.isdigit()):
        raise ConfigError(
            "pool_max_conns_invalid",
            "pool_max_conns in the database address is not a number.",
            cure="Write a whole number, or leave it out.",
        )
    return Address(written.parameters, int(asked or 0), written.ignored_parameters)


async def connect(address: Address, application: str, **server_settings: str | int) -> LaneConnection:
    """Return one autocommit connection with what is pinned. Raises DatabaseError when there is no answer.

    Behind a transaction pooler what is pinned and ``server_settings`` begin each transaction.
    """
    try:
        try:
            connection, refused = await _open(address.session(application, **server_settings)), False
        except psycopg.OperationalError as error:
            if not refuses_settings(error):
                raise
            connection, refused = await _open(address.pooled_session(application)), True
        try:
            if refused or not await connection.pin():
                await connection.pin_transactions(server_settings)
        except BaseException:
            await connection.close()
            raise
    except psycopg.OperationalError as error:
        raise cannot_connect(error) from error
    return connection


async def _open(arguments: dict[str, Any]) -> LaneConnection:
    return await LaneConnection.connect(autocommit=True, prepare_threshold=None, **arguments)


def refuses_settings(error: psycopg.OperationalError) -> bool:
    """Say whether a pooler refused the settings in the connection's first packet."""
    return "unsupported startup parameter" in str(error)
