"""What the doctor says of a server's settings: advice with a cure for each that matters, and none where all is well."""

from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from backbeat.cli.doctor_server import JUDGES, Server, read_server
from backbeat.errors import Exit
from backbeat.observe.tree import Advice
from builders.terminal import backbeat

Connection = psycopg.AsyncConnection[Any]

GIB = 1 << 30
WELL = Server(
    jit=False,
    wal_bytes=2 * GIB,
    buffers_bytes=GIB,
    wal_compression="lz4",
    synchronous_commit="on",
    fsync=True,
    full_page_writes=True,
    autovacuum=True,
    track_counts=True,
    checkpoint_seconds=900.0,
    checkpoint_share=0.9,
    temp_file_limit="-1",
    transactions_age=1_000,
    connections_of_others=3,
    connections_admitted=97,
    connections_wanted=29,
    settings_of_role=["statement_timeout=5s", "jit=on", "DateStyle=German"],
    slots_keeping_wal=[],
    prepared_seconds=0.0,
)


def advice(server: Server) -> dict[str, str]:
    """What is to be done about it, by check."""
    found = [judge(server) for judge in JUDGES]
    return {check.name: check.cure for check in found if isinstance(check, Advice) or not check.ok}


def test_a_server_that_is_set_up_well_needs_no_advice() -> None:
    assert advice(WELL) == {}


@pytest.mark.parametrize(
    ("change", "name", "cure"),
    [
        ({"jit": True}, "jit", "SET jit = off"),
        ({"wal_bytes": GIB}, "max_wal_size", "2GB"),
        ({"buffers_bytes": 128 << 20}, "shared_buffers", "a quarter"),
        ({"wal_compression": "off"}, "wal_compression", "lz4"),
        ({"wal_compression": "pglz"}, "wal_compression", "lz4"),
        ({"synchronous_commit": "off"}, "durability", "Switch them on"),
        ({"fsync": False}, "durability", "Switch them on"),
        ({"full_page_writes": False}, "durability", "Switch them on"),
        ({"autovacuum": False}, "autovacuum", "Switch on"),
        ({"track_counts": False}, "autovacuum", "Switch on"),
        ({"checkpoint_seconds": 60.0}, "checkpoints", "15min"),
        ({"checkpoint_share": 0.1}, "checkpoints", "0.9"),
        ({"temp_file_limit": "1GB"}, "temp_file_limit", "RESET"),
        ({"settings_of_role": ["statement_timeout=5s", "work_mem=64kB"]}, "role settings", "meant for Backbeat"),
        ({"slots_keeping_wal": ["replica_2"]}, "replication slots", "pg_drop_replication_slot"),
        ({"prepared_seconds": 7_200.0}, "prepared transactions", "pg_prepared_xacts"),
        ({"connections_of_others": 80}, "connections left", "max_connections"),
        ({"transactions_age": 1_500_000_000}, "transaction ids", "VACUUM"),
    ],
)
def test_each_setting_that_could_be_better_is_named_with_its_cure(change: dict[str, Any], name: str, cure: str) -> None:
    found = advice(msgspec.structs.replace(WELL, **change))
    assert list(found) == [name]
    assert cure in found[name]


def test_only_what_stops_writes_fails() -> None:
    worst = msgspec.structs.replace(WELL, jit=True, fsync=False, autovacuum=False, transactions_age=1_500_000_000)
    assert [check.name for check in (judge(worst) for judge in JUDGES) if not check.ok] == ["transaction ids"]


async def test_what_the_server_says_is_read(connection: Connection) -> None:
    await connection.execute("SET jit = on; SET synchronous_commit = off")
    name = Identifier((await (await connection.execute("SELECT current_database()")).fetchall())[0][0])
    await connection.execute(SQL("ALTER DATABASE {} SET work_mem = '8MB'").format(name))
    found = await read_server(connection, 29)
    assert (found.jit, found.synchronous_commit) == (True, "off")
    assert found.settings_of_role == ["work_mem=8MB"]
    assert (found.connections_wanted, found.slots_keeping_wal) == (29, [])
    assert found.wal_bytes > 0
    assert found.buffers_bytes >= 1 << 20
    assert 0 < found.connections_admitted < 1_000
    assert found.transactions_age > 0


def test_advice_is_shown_with_its_cure_and_fails_nothing(
    database_url: str, admin: psycopg.Connection, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as conn:
        name = Identifier(conn.info.dbname)
    admin.execute(SQL("ALTER DATABASE {} SET temp_file_limit = '1GB'").format(name))
    admin.execute(SQL("ALTER DATABASE {} SET jit = on").format(name))  # which no session of ours would see
    address = f"{database_url}{'&' if '?' in database_url else '?'}pool_min_conns=2"
    arguments = ("doctor", "--database", address, "--data-dir", str(tmp_path))
    answer = backbeat(*arguments)
    assert answer.status == Exit.OK
    assert "note temp_file_limit: temp_file_limit is 1GB." in answer.out
    assert "cure: ALTER ROLE ... RESET temp_file_limit" in answer.out
    assert "note jit: jit is on: ours is off" in answer.out
    assert "note database address: pool_min_conns: passed over" in answer.out
    told = {check["name"]: check for check in backbeat(*arguments, "--json").json["checks"]}
    assert (told["temp_file_limit"]["ok"], told["temp_file_limit"]["advice"]) == (True, True)
    assert "advice" not in told["encoding and triggers"]


def test_a_node_without_a_verifier_is_advised(database_url: str, tmp_path: Path) -> None:
    environ = {"BACKBEAT_CHAIN_SOURCE": "node", "BACKBEAT_CHAIN_NODE_URL": "grpc://127.0.0.1:1"}
    answer = backbeat("doctor", "--database", database_url, "--data-dir", str(tmp_path), env=environ)
    assert "note verifier: chain.verifier_address is empty" in answer.out


def test_sessions_that_pass_by_triggers_fail_a_check(
    database_url: str, admin: psycopg.Connection, tmp_path: Path
) -> None:
    with psycopg.connect(database_url) as conn:
        name = Identifier(conn.info.dbname)
    admin.execute(SQL("ALTER DATABASE {} SET session_replication_role = replica").format(name))
    answer = backbeat("doctor", "--database", database_url, "--data-dir", str(tmp_path))
    assert answer.status == Exit.FAILURE
    assert "FAIL encoding and triggers: Sessions begin with session_replication_role = replica" in answer.out
