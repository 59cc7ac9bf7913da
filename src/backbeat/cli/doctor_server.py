"""What the doctor says of the server's settings: each that matters to us, why, and what to do.

Backbeat works with any of them, so a setting that could be better is advice and fails nothing.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db import pinned
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.observe import figures
from backbeat.observe.tree import Advice, Check

MIB, GIB = 1 << 20, 1 << 30
WAL_BYTES_MIN = 2 * GIB  # a catch-up writes a gigabyte in a minute or two
BUFFERS_BYTES_MIN = 256 * MIB  # the rows that a batch of blocks touches, with their indexes
CHECKPOINT_SECONDS_MIN = 300.0  # the server's default
CHECKPOINT_SHARE_MIN = 0.5  # half of its default
SLOT_BYTES_MAX = 10 * GIB
PREPARED_SECONDS_MAX = 3_600.0
TRANSACTIONS_AGE_MAX = 1_000_000_000  # half of what the server survives; autovacuum acts at a fifth of that

_SERVER = load(__package__, "doctor_server.sql")
_OURS = {name.lower() for name in (*pinned.VALUES, *pinned.NOT_EVERYWHERE, "search_path", "client_encoding")}


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """The server's settings and state, as a session that sets nothing for itself sees them."""

    jit: bool
    """Whether short statements may be compiled."""
    wal_bytes: int
    """``max_wal_size``."""
    buffers_bytes: int
    """``shared_buffers``."""
    wal_compression: str
    """``off``, or the method."""
    synchronous_commit: str
    """The setting's word."""
    fsync: bool
    """The setting."""
    full_page_writes: bool
    """The setting."""
    autovacuum: bool
    """The setting."""
    track_counts: bool
    """The setting; without it autovacuum does nothing."""
    checkpoint_seconds: float
    """``checkpoint_timeout``."""
    checkpoint_share: float
    """``checkpoint_completion_target``."""
    temp_file_limit: str
    """The setting's text; ``-1`` is no limit."""
    transactions_age: int
    """The age of the database's oldest transaction id."""
    connections_of_others: int
    """Sessions that are not Backbeat's."""
    connections_admitted: int
    """Sessions that the server admits besides those of superusers."""
    connections_wanted: int
    """Connections that our pools may open."""
    settings_of_role: list[str]
    """``name=value``, as set for the role and the database."""
    slots_keeping_wal: list[str]
    """Names of replication slots that keep WAL."""
    prepared_seconds: float
    """The age of the oldest prepared transaction; 0 without one."""


async def read_server(connection: AsyncConnection[Any], connections_wanted: int) -> Server:
    """Return what there is to judge."""
    values = {"slot_bytes_max": SLOT_BYTES_MAX, "connections_wanted": connections_wanted}
    return await one(connection, Server, _SERVER, values)


async def of_server(connection: AsyncConnection[Any], connections_wanted: int) -> list[Check]:
    """Return the checks of the server's settings; ``connections_wanted`` is what all pools together may open."""
    found = await read_server(connection, connections_wanted)
    return [judge(found) for judge in JUDGES]


def connections_left(server: Server) -> Check:
    """Compare the connections that others leave with what our pools may open."""
    left = server.connections_admitted - server.connections_of_others
    return advised(
        "connections left",
        fine=left >= server.connections_wanted,
        detail=f"Others hold {server.connections_of_others} of {server.connections_admitted} connections; "
        f"{max(left, 0)} are left for the {server.connections_wanted} of our pools.",
        cure="Raise max_connections, or have others close theirs: pools that find none left wait, and jobs fail.",
    )


def jit(server: Server) -> Check:
    """Advise against compiling short statements."""
    return advised(
        "jit",
        fine=not server.jit,
        detail="jit is on: ours is off, other programs' short statements may be compiled first."
        if server.jit
        else "Statements are not compiled.",
        cure="If other programs use this database, ALTER ROLE or DATABASE ... SET jit = off: compiling costs half a "
        "second, a short statement milliseconds.",
    )


def wal_size(server: Server) -> Check:
    """Compare max_wal_size with what a catch-up writes between checkpoints."""
    return advised(
        "max_wal_size",
        fine=server.wal_bytes >= WAL_BYTES_MIN,
        detail=f"max_wal_size is {figures.size(server.wal_bytes)}.",
        cure="Set max_wal_size to 2GB or more: a catch-up fills less in seconds, and each checkpoint makes pages be "
        "written whole again.",
    )


def wal_compression(server: Server) -> Check:
    """Ask for compression: pages written whole are most of our WAL."""
    return advised(
        "wal_compression",
        fine=server.wal_compression in {"lz4", "zstd"},
        detail=f"wal_compression is {server.wal_compression}.",
        cure="Set wal_compression = lz4 where the server has it: WAL becomes a third of the size.",
    )


def buffers(server: Server) -> Check:
    """Compare the buffers with what a batch touches."""
    return advised(
        "shared_buffers",
        fine=server.buffers_bytes >= BUFFERS_BYTES_MIN,
        detail=f"shared_buffers is {figures.size(server.buffers_bytes)}.",
        cure="Set shared_buffers to a quarter of the machine's memory: a batch of blocks reads the rows it changes.",
    )


def commits(server: Server) -> Check:
    """Ask that a cursor which was reported survives a power cut."""
    off = [name for name in ("fsync", "full_page_writes") if not getattr(server, name)]
    off += ["synchronous_commit"] if server.synchronous_commit == "off" else []
    return advised(
        "durability",
        fine=not off,
        detail=f"{', '.join(off)}: off." if off else "What is committed survives a power cut.",
        cure="Switch them on: blocks that readers saw may be gone after a crash, and with fsync or full_page_writes "
        "off the whole database.",
    )


def autovacuum(server: Server) -> Check:
    """Ask for vacuum: without it tables of counts grow for ever."""
    off = [name for name in ("autovacuum", "track_counts") if not getattr(server, name)]
    return advised(
        "autovacuum",
        fine=not off,
        detail=f"{' and '.join(off)}: off." if off else "Autovacuum runs.",
        cure="Switch on autovacuum and track_counts: tables of counts change with every block and would only grow.",
    )


def checkpoints(server: Server) -> Check:
    """Ask for checkpoints that are rare and spread: others compete with the block loop for the disk."""
    return advised(
        "checkpoints",
        fine=server.checkpoint_seconds >= CHECKPOINT_SECONDS_MIN and server.checkpoint_share >= CHECKPOINT_SHARE_MIN,
        detail=f"One at least every {figures.span(server.checkpoint_seconds)}, spread over "
        f"{server.checkpoint_share:.0%} of that.",
        cure="Set checkpoint_timeout = 15min and checkpoint_completion_target = 0.9: each makes pages be written whole "
        "again, and one that is not spread stops commits.",
    )


def file_limit(server: Server) -> Check:
    """Name the one limit that only a superuser can lift for our sessions."""
    is_set = server.temp_file_limit != "-1"
    return advised(
        "temp_file_limit",
        fine=not is_set,
        detail=f"temp_file_limit is {server.temp_file_limit}."
        if is_set
        else "Sorts may use as much disk as they need.",
        cure="ALTER ROLE ... RESET temp_file_limit for our role: a rebuild that sorts more than that fails.",
    )


def role_settings(server: Server) -> Check:
    """Name what role and database set for our sessions, as far as we do not set it ourselves."""
    names = sorted({each.partition("=")[0] for each in server.settings_of_role})
    foreign = [name for name in names if name.lower() not in _OURS]
    told = f"Role and database set {', '.join(names)}." if names else "Role and database set nothing."
    return advised(
        "role settings",
        fine=not foreign,
        detail=told,
        cure="Look whether they are meant for Backbeat too: it does not set them for itself.",
    )


def slots(server: Server) -> Check:
    """Name slots that keep WAL until the disk is full."""
    names = ", ".join(server.slots_keeping_wal)
    return advised(
        "replication slots",
        fine=not names,
        detail=f"{names} keeps more than {figures.size(SLOT_BYTES_MAX)} of WAL." if names else "None keeps much WAL.",
        cure="Bring its reader back or drop it with pg_drop_replication_slot, and set max_slot_wal_keep_size: "
        "a catch-up writes much, and a full disk stops everything.",
    )


def prepared(server: Server) -> Check:
    """Find prepared transactions older than an hour: vacuum can remove nothing meanwhile."""
    return advised(
        "prepared transactions",
        fine=server.prepared_seconds <= PREPARED_SECONDS_MAX,
        detail=f"The oldest waits for {figures.span(server.prepared_seconds)}."
        if server.prepared_seconds
        else "None waits.",
        cure="COMMIT or ROLLBACK PREPARED it, see pg_prepared_xacts: meanwhile no dead row can be removed.",
    )


def transactions_age(server: Server) -> Check:
    """Compare the age of transactions with half of what the server survives."""
    return Check(
        "transaction ids",
        ok=server.transactions_age <= TRANSACTIONS_AGE_MAX,
        detail=f"The oldest is {figures.count(server.transactions_age)} transactions old.",
        cure="VACUUM the database, and see what holds autovacuum up; at 2,000,000,000 the server takes no more writes.",
    )


def advised(name: str, *, fine: bool, detail: str, cure: str) -> Check:
    """Return a check that passes, as advice unless all is fine."""
    return Check(name, ok=True, detail=detail) if fine else Advice(name, ok=True, detail=detail, cure=cure)


JUDGES: tuple[Callable[[Server], Check], ...] = (
    connections_left,
    jit,
    buffers,
    wal_size,
    wal_compression,
    checkpoints,
    commits,
    autovacuum,
    transactions_age,
    prepared,
    slots,
    file_limit,
    role_settings,
)
