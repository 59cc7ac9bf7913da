"""Reads a database's address as users of any driver write it: what libpq takes, what becomes options, and the rest."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from backbeat.errors import ConfigError

POOL_SIZE = "pool_max_conns"  # pgx's word; its users keep it in the address, where libpq does not know it

# Parameters of other drivers that say how they themselves pool, prepare or encode; nothing of ours follows them.
PASSED_OVER = frozenset(
    {
        # pgx
        *("pool_min_conns", "pool_min_idle_conns", "pool_max_conn_lifetime", "pool_max_conn_lifetime_jitter"),
        *("pool_max_conn_idle_time", "pool_health_check_period", "default_query_exec_mode", "statement_cache_mode"),
        *("statement_cache_capacity", "description_cache_capacity", "prefer_simple_protocol", "krbspn"),
        # lib/pq
        *("binary_parameters", "disable_prepared_binary_result"),
        # SQLAlchemy's asyncpg
        *("prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback", "command_timeout"),
    }
)
# Settings of the server that pgx, lib/pq and others take as parameters; libpq takes them within its options.
SERVER_SETTINGS = frozenset(
    {
        *("search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone"),
        *("idle_session_timeout", "transaction_timeout", "work_mem", "jit", "datestyle", "intervalstyle", "role"),
        *("default_transaction_isolation", "default_transaction_read_only", "synchronous_commit", "extra_float_digits"),
    }
)
KNOWN = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults()) | {"ssl"}  # libpq takes ssl=true

_SCHEME = re.compile(r"(?:jdbc:)?(?:postgresql|postgres)(?:\+\w+)?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_KEYWORD = re.compile(
    r"\s*(?P<name>\w+)\s*=\s*(?P<value>'(?:[^'\\]|\\.)*'|(?:\\.|[^\s'\\](?:\\.|[^\s\\])*)?)", re.DOTALL
)
STUMBLES = (
    ('missing "=" after', "a part of it is no name=value pair"),
    ("unterminated quoted string", "a quote in it is not closed"),
    ("invalid percent-encoded token", "a % in it is not followed by two hexadecimal digits"),
    ("forbidden value %00", "there is a %00 in it"),
    ("matching", "the bracket of its host is not closed"),
    ("IPv6 host address may not be empty", "the brackets of its host are empty"),
    ("unexpected character", "behind the bracket of its host comes neither a port nor a slash"),
    ("query parameter", "a parameter has no value, or more than one"),
    ("invalid connection option", "it has a parameter that PostgreSQL does not know"),
    ("definition of service", "its service is not defined"),
    ("service file", "its service cannot be read"),
)
"""By libpq's words, what they say of an address."""


class WrittenAddress(NamedTuple):
    """What an address says: ``parameters`` for libpq, the pool's size ("" if not told), and what was passed over."""

    parameters: Mapping[str, Any]
    pool_max_conns: str
    ignored_parameters: tuple[str, ...]


class _Parameter(NamedTuple):
    name: str
    value: str
    text: str


def read(address: str) -> WrittenAddress:
    """Return what a URL of any driver's, or a string of keywords, says. Raises ConfigError naming what it cannot."""
    text = address.strip()
    if not text:
        raise _invalid("it is blank")
    is_url = _SCHEME.match(text)
    if not is_url and _OTHER_SCHEME.match(text):
        raise _invalid("its scheme is not postgresql://")
    base, parameters = _of_url(text[is_url.end() :]) if is_url else _of_keywords(text)
    kept, settings, ignored_parameters, size = [], [], [], ""
    for number, each in enumerate(parameters, 1):
        name = each.name.lower()
        if each.name in KNOWN:
            kept.append(each.text)
        elif name == POOL_SIZE:
            size = each.value
        elif name in SERVER_SETTINGS:
            settings.append(f"-c {name}={_escaped(each.value)}")
        elif name in PASSED_OVER:
            ignored_parameters.append(each.name)
        else:
            raise _unknown(number, each.name)
    libpq = f"{base}?{'&'.join(kept)}".removesuffix("?") if is_url else f"{base} {' '.join(kept)}".strip()
    return WrittenAddress(_with_options(_understood(libpq), settings), size, tuple(ignored_parameters))


def _of_url(rest: str) -> tuple[str, list[_Parameter]]:
    # a user part ends at the first @ that comes before any slash, and may hold a question mark
    before = re.match(r"[^@/]*@", rest)
    start = before.end() if before else 0
    place, _, query = rest[start:].partition("?")
    if "@" in place:  # a piece of a password would be taken for the host or the database, and told when it is missed
        raise _invalid("it has an @ that ends no user part")
    return f"postgresql://{rest[:start]}{place}", [_parameter(part) for part in query.split("&") if part]


def _parameter(text: str) -> _Parameter:
    name, equals, value = text.partition("=")
    if not equals:
        raise _invalid("a parameter has no value")
    name, value = unquote(name), unquote(value)
    if name == "ssl" and value != "true":  # asyncpg's word for libpq's sslmode
        return _Parameter("sslmode", value, f"sslmode={value}")
    return _Parameter(name, value, text)


def _of_keywords(text: str) -> tuple[str, list[_Parameter]]:
    """Split keywords as libpq does, so that what looks like one within a quoted value is none."""
    found = list(_keywords(text))
    rest = text[found[-1].end() :] if found else text
    parameters = [_Parameter(each["name"], _unquoted(each["value"]), each.group().strip()) for each in found]
    return rest.strip(), parameters


def _keywords(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while found := _KEYWORD.match(text, at):
        yield found
        at = found.end()


def _unquoted(value: str) -> str:
    inner = value[1:-1] if value.startswith("'") else value
    return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL)


def _understood(text: str) -> dict[str, Any]:
    try:
        parameters = dict(conninfo_to_dict(text))
    except psycopg.Error as error:
        raise _invalid(_stumbled(str(error))) from None
    ports = str(parameters.get("port") or "").split(",")
    if not all(port.isascii() and port.isdigit() for port in ports if port):
        raise _invalid("a port is no number")
    seconds = str(parameters.get("connect_timeout") or "0")
    if not (seconds.isascii() and seconds.removeprefix("-").isdigit()):
        raise _invalid("connect_timeout is no number of seconds")
    return parameters


def _stumbled(said: str) -> str:
    """Return what libpq stumbled over, in words of ours: its own quote pieces, which may be a password's."""
    return next((told for words, told in STUMBLES if words in said), "it is neither a URL nor name=value pairs")


def _with_options(parameters: dict[str, Any], settings: list[str]) -> dict[str, Any]:
    if not settings:
        return parameters
    return {**parameters, "options": " ".join([str(parameters.get("options", "")), *settings]).strip()}


def _escaped(value: str) -> str:
    return re.sub(r"([\\\s])", r"\\\1", value)


def _invalid(why: str) -> ConfigError:
    return ConfigError(
        "database_url_invalid",
        f"The database address cannot be read: {why}",
        cure="Write postgresql://user@host:port/database or host=... dbname=..., without quotes around it, "
        "and percent-encode what is special in a password (@ is %40, / is %2F).",
    )


def _unknown(number: int, name: str) -> ConfigError:
    near = difflib.get_close_matches(name, [*KNOWN, POOL_SIZE, *SERVER_SETTINGS], n=1)
    meant = f"Did you mean {near[0]}? Otherwise leave it out" if near else "Leave it out"
    encoded = "what is special in a password is percent-encoded (& is %26, ? is %3F)"
    return ConfigError(
        "database_parameter_unknown",
        f"Parameter {number} of the database address is none that PostgreSQL knows.",
        cure=f"{meant}; {encoded}. A setting of the server goes into options=-c%20NAME%3DVALUE.",
    )
