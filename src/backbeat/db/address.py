"""A database's address as people write it, and as the driver takes it."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from backbeat.errors import ConfigError, DatabaseError

POOL_SIZE = "pool_max_conns"  # pgx's word; its users keep it in the address, where libpq does not know it
CONNECT_SECONDS_MAX = 10

_IN_KEYWORDS = re.compile(rf"(?:^|(?<=\s)){POOL_SIZE}\s*=\s*('[^']*'|\S*)\s*")


class Address(NamedTuple):
    """``parameters`` are what libpq understands; ``pool_max_conns`` is 0 unless the address asked for a size."""

    parameters: Mapping[str, Any]
    pool_max_conns: int

    def session(self, application: str, **server_settings: str | int) -> dict[str, Any]:
        """Return the driver's arguments for a session in UTC, in the schema public unless asked, with these settings.

        They travel in the connection's first packet, so nothing relies on a session that a pooler may swap.
        """
        asked = str(self.parameters.get("options", ""))
        chosen = {"timezone": "UTC", **server_settings}
        if "search_path" not in asked:
            # by default a role named like a schema, as ours is, would make its tables there
            chosen["search_path"] = "public"
        options = " ".join(f"-c {name}={value}" for name, value in chosen.items())
        return {
            "connect_timeout": CONNECT_SECONDS_MAX,
            "keepalives_idle": 30,
            **self.parameters,
            "application_name": application,
            "options": f"{asked} {options}".strip(),
        }


def parse(url: str) -> Address:
    """Return the parts of a postgresql:// URL or a key=value string. Raises ConfigError when it is neither."""
    cleaned, asked = _without_pool_size(url)
    if asked and not (asked.isascii() and asked.isdigit()):
        raise ConfigError(
            "pool_max_conns_invalid",
            f"pool_max_conns in the database address is not a number: {asked!r}",
            cure="Write a whole number, or leave it out.",
        )
    try:
        parameters = conninfo_to_dict(cleaned)
    except psycopg.Error as error:
        raise ConfigError(
            "database_url_invalid",
            f"The database address cannot be read: {str(error).strip()}",
            cure="Write postgresql://user@host:port/database or host=... dbname=...",
        ) from error
    return Address(parameters, int(asked or 0))


async def connect(address: Address, application: str, **server_settings: str | int) -> psycopg.AsyncConnection:
    """Return one autocommit connection. Raises DatabaseError when there is no answer."""
    try:
        return await psycopg.AsyncConnection.connect(autocommit=True, **address.session(application, **server_settings))
    except psycopg.OperationalError as error:
        raise DatabaseError(
            "database_unreachable",
            f"The database does not answer: {' '.join(str(error).split())}",
            cure="Check the address in --database, and that the server runs and admits this user.",
        ) from error


def _without_pool_size(url: str) -> tuple[str, str]:
    if "://" not in url:
        found = _IN_KEYWORDS.search(url)
        return _IN_KEYWORDS.sub("", url).strip(), found[1].strip("'") if found else ""
    base, _, query = url.partition("?")
    parts = [part.partition("=") for part in query.split("&") if part]
    kept = "&".join("".join(part) for part in parts if part[0] != POOL_SIZE)
    asked = next((value for name, _, value in parts if name == POOL_SIZE), "")
    return f"{base}?{kept}" if kept else base, asked
