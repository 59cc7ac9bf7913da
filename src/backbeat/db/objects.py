"""The functions, views, triggers and captures of the schema: one object a file, put in place when its text differs.

Tables and their data are made step by step, by :mod:`backbeat.db.migrate`. An object without rows of its own is not:
its present text is the file ``schema/KIND/NAME.sql``, and a ledger in the database holds the checksum of the text that
is in place. What was dropped or altered by hand since is put in place again: a function with another body, a trigger
that is missing or disabled, a view that is missing. A file may be run over what an older text made. Lines
``-- after: NAME`` at its head name objects of the same kind that are made before it.

How an object is replaced depends on its kind. A function is replaced where it stands; versions of it with other
arguments are dropped. So is a view, unless its columns change: then all views are dropped and made again, since one may
read another. A trigger file holds a trigger function and its triggers; triggers that the new text does not make are
dropped. A capture file holds what a stream of the change log captures; when it is replaced the stream's consumers
recompute everything.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, LiteralString, NamedTuple

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.outage import OutageError, trouble_of
from backbeat.db.query import column, every, value
from backbeat.db.sql import load
from backbeat.errors import DatabaseError

KINDS = ("functions", "triggers", "captures", "views")
"""The folders of ``schema/``, in the order in which their objects are made. Bodies of functions are not checked then,
so that a function may read a view, which comes after it: a reader of a view waits from when it is replaced until all
is done, and triggers have to wait for writers."""

SCHEMA = files(__package__) / "schema"
AFTER = re.compile(r"^-- after: (\S+)$", re.MULTILINE)
REMARK = re.compile(r"^--.*\n?", re.MULTILINE)
TRIGGER = re.compile(r"^CREATE (?:OR REPLACE|CONSTRAINT) TRIGGER (\w+)", re.MULTILINE)
BODY = re.compile(r"\bAS (\$\w*\$)(.*?)\1", re.DOTALL)
CAPTURED = re.compile(r"SELECT backbeat\.capture(?:_edits)?\(")
TRIGGERS_OF_A_CAPTURE = 4  # insert, update, delete, truncate

FIND_LEDGER = load(__package__, "find_object_ledger.sql")
CREATE_SCHEMA = load(__package__, "create_ledger_schema.sql")
CREATE_LEDGER = load(__package__, "create_object_ledger.sql")
READ_LEDGER = load(__package__, "read_object_ledger.sql")
READ_HELD = load(__package__, "read_objects_held.sql")
RECORD = load(__package__, "record_object.sql")
FORGET = load(__package__, "forget_object.sql")
PREPARE = load(__package__, "prepare_objects.sql")
TAKE_IN = load(__package__, "take_in_objects.sql")
DROP_VIEWS = load(__package__, "drop_views.sql")
DROP_STALE = {
    "functions": load(__package__, "drop_stale_functions.sql"),
    "triggers": load(__package__, "drop_stale_triggers.sql"),
    "captures": load(__package__, "drop_stale_captures.sql"),
}
"""By kind, a query for the statements that drop what an earlier text made and the present one did not make again."""

LEFT_OUT: Final = "left out"
"""Stands in the ledger for the text of an object that this database does not have on purpose."""

log = structlog.get_logger(__name__)


class ObjectKey(NamedTuple):
    """What an object is known by."""

    kind: str
    """One of :data:`KINDS`."""
    name: str
    """The name of its file without ``.sql``: of a function or a view its own; of a trigger file that of the trigger
    function; of a capture file that of the stream."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


class SchemaObject(msgspec.Struct, frozen=True):
    """One file of the schema."""

    key: ObjectKey
    """Its kind and name."""
    script: str
    """Its text: SQL that makes the object, or replaces one that an older text made."""
    checksum: str
    """The SHA-256 of the text without remarks that fill a line, in hex: a reworded one makes nobody recompute."""
    after: frozenset[str]
    """Names of objects of its kind that are made before it."""


class Difference(NamedTuple):
    """How a database differs from the files."""

    changed: tuple[SchemaObject, ...]
    """What it lacks, or holds with another text; in the order in which they are made."""
    gone: tuple[ObjectKey, ...]
    """What it holds and no file describes; in the order in which they are removed."""


class Held(NamedTuple):
    """A function or a view as the database holds it."""

    kind: str
    """``function`` or ``view``; a materialized one counts as well."""
    name: str
    """Its name."""
    digest: str
    """The MD5 of a function's body as it was written."""
    triggers: list[str]
    """The triggers that call it and are not disabled, by name."""


def read(directory: Traversable = SCHEMA) -> dict[ObjectKey, SchemaObject]:
    """Return the objects of a folder in the order in which they are made.

    Raises DatabaseError when objects wait for each other, or for one that is not there.
    """
    return _of_the_program() if directory is SCHEMA else _read(directory)


@cache
def _of_the_program() -> dict[ObjectKey, SchemaObject]:
    return _read(SCHEMA)


def _read(directory: Traversable) -> dict[ObjectKey, SchemaObject]:
    found: dict[ObjectKey, SchemaObject] = {}
    for kind in KINDS:
        folder = directory / kind
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        parsed = {name.removesuffix(".sql"): _parsed(kind, folder / name) for name in names if name.endswith(".sql")}
        found |= {each.key: each for each in _in_order(parsed)}
    return found


async def difference(
    connection: AsyncConnection[Any], directory: Traversable = SCHEMA, *, by_ledger: bool = False
) -> Difference:
    """Compare the files with what the database's ledger says is in place, and unless ``by_ledger`` with what is."""
    known, ledger = read(directory), await _ledger(connection)
    altered = set() if by_ledger or not ledger else await _altered(connection, known)
    changed = tuple(
        each
        for key, each in known.items()
        if ledger.get(key) != LEFT_OUT and (ledger.get(key) != each.checksum or key in altered)
    )
    gone = sorted(ledger.keys() - known.keys(), key=lambda key: KINDS.index(key.kind), reverse=True)
    return Difference(changed, tuple(gone))


async def put_in_place(
    connection: AsyncConnection[Any], *, remove: bool, directory: Traversable = SCHEMA
) -> Difference:
    """Make what is missing or differs, in the transaction that is open on ``connection``; return what was done.

    ``remove``: whether objects without a file are dropped. A program of the version before may still use them, so this
    is for when it is gone. Raises DatabaseError when a statement fails; nothing of the transaction may be kept then.
    """
    found = await difference(connection, directory)
    done = Difference(found.changed, found.gone if remove else ())
    if not any(done):
        return done
    await connection.execute(CREATE_SCHEMA)
    await connection.execute(CREATE_LEDGER)
    await connection.execute(PREPARE)
    for kind in KINDS:
        made = [each for each in done.changed if each.key.kind == kind]
        if made and kind == "views":
            await _make_views(connection, made, read(directory))
        else:
            for each in made:
                await _make(connection, each)
    for key in done.gone:
        await _remove(connection, key)
    log.info("schema_objects_changed", changed=len(done.changed), removed=len(done.gone))
    return done


async def make(
    connection: AsyncConnection[Any],
    keys: Collection[ObjectKey],
    directory: Traversable = SCHEMA,
    *,
    quietly: bool = False,
) -> None:
    """Make the objects that a table needs before the others have their turn, in the transaction that is open.

    ``quietly``: consumers of a stream whose capture is made have no need to recompute everything.
    """
    if keys:
        await connection.execute(CREATE_SCHEMA)
        await connection.execute(CREATE_LEDGER)
        known = read(directory)
        for key in keys:
            await _make(connection, known[key], quietly=quietly)


async def leave_out(connection: AsyncConnection[Any], keys: Iterable[ObjectKey]) -> None:
    """Have objects that are not there count as they should be, in the transaction that is open."""
    for key in keys:
        await connection.execute(RECORD, {**key._asdict(), "checksum": LEFT_OUT})


async def take_in(connection: AsyncConnection[Any]) -> None:
    """Have objects that were left out count as missing again."""
    await connection.execute(TAKE_IN, {"left_out": LEFT_OUT})


def _parsed(kind: str, file: Traversable) -> SchemaObject:
    script = file.read_text(encoding="utf-8").replace("\r\n", "\n")  # a checkout may have translated line ends
    return SchemaObject(
        key=ObjectKey(kind, file.name.removesuffix(".sql")),
        script=script,
        checksum=hashlib.sha256(REMARK.sub("", script).encode()).hexdigest(),
        after=frozenset(AFTER.findall(script)),
    )


def _in_order(objects: Mapping[str, SchemaObject]) -> Iterator[SchemaObject]:
    """Yield objects of one kind by name, those that others come after first."""
    made: set[str] = set()
    while waiting := [each for name, each in objects.items() if name not in made]:
        ready = [each for each in waiting if each.after <= made]
        if not ready:
            raise DatabaseError(
                "schema_objects_unordered",
                f"{waiting[0].key} is to be made after {', '.join(sorted(waiting[0].after))}, which cannot be.",
                cure="Correct the lines `-- after:` at the head of the file.",
            )
        yield from ready
        made |= {each.key.name for each in ready}


async def _altered(connection: AsyncConnection[Any], known: Mapping[ObjectKey, SchemaObject]) -> set[ObjectKey]:
    held = await every(connection, Held, READ_HELD)
    return {key for key, each in known.items() if not _is_held(each, held)}


def _is_held(each: SchemaObject, held: Sequence[Held]) -> bool:
    """Tell whether the database holds what the file makes."""
    kind, name = each.key
    if kind == "views":
        return any((one.kind, one.name) == ("view", name) for one in held)
    functions = [one for one in held if one.kind == "function"]
    if kind == "captures":
        made = [one for one in functions if one.name.startswith("log_") and one.name.endswith(f"_to_{name}")]
        is_whole = all(len(one.triggers) == TRIGGERS_OF_A_CAPTURE for one in made)
        return is_whole and len(made) == len(CAPTURED.findall(each.script))
    made = [one for one in functions if one.name == name]
    triggers = sorted(TRIGGER.findall(each.script)) if kind == "triggers" else []
    return [(one.digest, sorted(one.triggers)) for one in made] == [(_digest(each.script), triggers)]


@cache
def _digest(script: str) -> str:
    """Return the digest of the body of the function that a script makes."""
    found = BODY.search(script)
    return hashlib.md5(found[2].encode() if found else b"", usedforsecurity=False).hexdigest()


async def _make_views(
    connection: AsyncConnection[Any], changed: Sequence[SchemaObject], known: Mapping[ObjectKey, SchemaObject]
) -> None:
    """Replace views where they stand, with what was granted on them; if columns change, make all of them again."""
    try:
        async with connection.transaction():
            for each in changed:
                await _make(connection, each)
    except DatabaseError as error:
        if not isinstance(error.__cause__, psycopg.errors.InvalidTableDefinition):
            raise
        views = [each for key, each in known.items() if key.kind == "views"]
        with _failing(str(changed[0].key)):
            await _run(connection, DROP_VIEWS, [each.key.name for each in views])
        for each in views:
            await _make(connection, each)


async def _make(connection: AsyncConnection[Any], each: SchemaObject, *, quietly: bool = False) -> None:
    with _failing(str(each.key)):
        await connection.execute(_as_is(each.script))
        if not (quietly and each.key.kind == "captures"):
            await _drop_stale(connection, each.key)
        await connection.execute(RECORD, {**each.key._asdict(), "checksum": each.checksum})


async def _remove(connection: AsyncConnection[Any], key: ObjectKey) -> None:
    with _failing(str(key)):
        await _run(connection, DROP_VIEWS, [key.name] if key.kind == "views" else [])
        await _drop_stale(connection, key)
        await connection.execute(FORGET, key._asdict())


@contextmanager
def _failing(label: str) -> Iterator[None]:
    """Say of what fails which object it is about."""
    try:
        yield
    except psycopg.Error as error:
        if (trouble := trouble_of(error)) and trouble.kind.of_server:
            raise OutageError(
                trouble.kind.code,
                f"Putting {label} in place was interrupted. {trouble.message}",
                cure=f"{trouble.kind.cure} Then run `backbeat migrate` again; no object was changed.",
            ) from error
        raise DatabaseError(
            "schema_object_failed",
            f"{label} cannot be put in place: {' '.join(str(error).split())}",
            cure="Remove the cause and run `backbeat migrate` again; no object was changed.",
        ) from error


async def _drop_stale(connection: AsyncConnection[Any], key: ObjectKey) -> None:
    if query := DROP_STALE.get(key.kind):
        await _run(connection, query, [key.name])


async def _run(connection: AsyncConnection[Any], query: LiteralString, names: list[str]) -> None:
    """Run the statements that ``query`` answers with."""
    for statement in await column(connection, query, {"names": names}):
        await connection.execute(_as_is(statement))


async def _ledger(connection: AsyncConnection[Any]) -> dict[ObjectKey, str]:
    if not await value(connection, FIND_LEDGER):
        return {}
    return {ObjectKey(kind, name): checksum for kind, name, checksum in await every(connection, tuple, READ_LEDGER)}


def _as_is(script: str) -> SQL:
    return SQL(script)
