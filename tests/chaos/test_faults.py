"""What else befalls a database: it comes late, a standby takes over, its clock is set, its disk is full.

The program starts before the database does, waits, names the cause on its page, and goes on; nothing is lost.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from builders.terminal import backbeat
from chaos.content import Content, content
from chaos.program import (
    OUTAGE_SECONDS,
    RECOVERY_SECONDS_MAX,
    Program,
    copy_cluster,
    eventually,
    program,
    recovery,
    server,
)
from chaos.proxy import proxy

HOURS = 8
SMALL_DISK_BYTES = 256 << 20
STEPPING_CLOCK = """
CREATE SCHEMA held;
CREATE TABLE held.step (by interval NOT NULL);
INSERT INTO held.step VALUES ('0');
CREATE FUNCTION held.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN pg_catalog.clock_timestamp() + (SELECT by FROM held.step);
CREATE FUNCTION held.now() RETURNS timestamptz LANGUAGE sql STABLE
RETURN pg_catalog.now() + (SELECT by FROM held.step);
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def execute(url: str, *statements: LiteralString) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement)


def failing(under_test: Program) -> str:
    """Return what the page says is wrong, in one text; empty while nobody answers."""
    try:
        return str(under_test.answer("readyz").json())
    except httpx.HTTPError:
        return ""


def test_a_database_that_comes_late_and_then_asks_sessions_to_read_only(
    folder: Path, recording: Path, undisturbed: Content
) -> None:
    with server(folder / "a") as only:
        url = only.start()
        only.stop()
        database = SQL("ALTER DATABASE {} ").format(Identifier(urlsplit(url).path.removeprefix("/")))
        with program(folder, recording, url) as under_test:
            eventually("it waits for its database", lambda: under_test.has_said("database_away"))
            assert only.start() == url
            under_test.wait_for_progress(url)

            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(database + SQL("SET default_transaction_read_only = on"))
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^backbeat/'"
                )
            # a default is no lock: new sessions say for themselves that they write
            recovery("told to read only", under_test, url, seconds_max=RECOVERY_SECONDS_MAX)
            assert under_test.answer("livez").status_code == httpx.codes.OK
            under_test.run_until_idle()
        assert content(url) == undisturbed


def test_a_standby_takes_over_and_is_promoted_only_later(folder: Path, recording: Path, undisturbed: Content) -> None:
    with server(folder / "a") as primary, server(folder / "b") as standby:
        url = primary.start()
        with proxy(primary.port) as address, program(folder, recording, address.url(url)) as under_test:
            under_test.wait_for_progress(url)
            primary.stop()
            copy_cluster(folder / "a", folder / "b")
            for data in folder.glob("b/pg*/data"):
                (data / "standby.signal").touch()
            url = standby.start()
            address.upstream_port = standby.port

            eventually("it knows a standby", lambda: under_test.has_said("database_read_only"))
            eventually("its page says so", lambda: "can only be read" in failing(under_test))
            assert under_test.answer("livez").status_code == httpx.codes.OK
            told = backbeat("doctor", "--database", url, "--data-dir", str(folder / "c"))
            assert (told.status, "The server is a standby" in told.out) == (1, True), told.out
            at_once = {"BACKBEAT_DATABASE_WAIT_SECONDS": "0"}
            refused = backbeat("up", "--database", url, "--data-dir", str(folder / "c"), "--no-web", env=at_once)
            assert refused.status == 69, refused.err
            assert "standby" in refused.err

            standby.promote()
            recovery("a standby was promoted", under_test, url, seconds_max=RECOVERY_SECONDS_MAX)
            eventually("it knows that", lambda: under_test.has_said("database_moved"))
            under_test.run_until_idle()
        assert content(url) == undisturbed


def test_the_servers_clock_is_set_forth_and_back(folder: Path, recording: Path, undisturbed: Content) -> None:
    with server(folder / "a") as only:
        direct = only.start()
        assert backbeat("migrate", "--database", direct, "--data-dir", str(folder / "c")).status == 0
        execute(direct, STEPPING_CLOCK)  # from now on no table is made: it would be made beside the clock
        url = f"{direct}?options={quote('-c search_path=held,pg_catalog,public')}"

        def step(hours: int) -> None:
            with psycopg.connect(direct, autocommit=True) as conn:
                conn.execute("UPDATE held.step SET by = make_interval(hours => %s)", [hours])

        with program(folder, recording, url) as under_test:
            under_test.wait_for_progress(direct)
            for hours in (HOURS, -HOURS, HOURS):
                step(hours)
                recovery(f"clock {hours:+d} h", under_test, direct, seconds_max=RECOVERY_SECONDS_MAX)
            under_test.kill()
        step(0)
        with program(folder, recording, url) as under_test:
            under_test.wait_for_progress(direct)
            recovery("killed, clock set back", under_test, direct, seconds_max=RECOVERY_SECONDS_MAX)
            under_test.run_until_idle()
        execute(direct, "DROP SCHEMA held CASCADE")
        assert content(direct) == undisturbed


@contextmanager
def small_disk(place: Path, like: Path) -> Iterator[Path]:
    """Mount a small file system, owned as ``like`` is; skips where that is not permitted."""
    place.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "none", place], capture_output=True, check=False
        )
        if os.geteuid() == 0
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("a small file system can only be mounted by root, where mounting is permitted")
    try:
        owner = like.stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path) -> Path:
    """Leave no room on a file system; return the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for chunk in (1 << 20, 4_096):  # to the last page
            with suppress(OSError):
                while True:
                    file.write(bytes(chunk))
    return filler


def test_the_disk_is_full_for_a_while(folder: Path, recording: Path, undisturbed: Content) -> None:
    with server(folder / "a") as only:
        url = only.start()
        [data] = folder.glob("a/pg*/data")
        with small_disk(folder / "small", data) as disk:
            # the tables alone: WAL on a full disk ends the server itself, which is an outage like any other
            assert backbeat("migrate", "--database", url, "--data-dir", str(folder / "c")).status == 0
            with psycopg.connect(only.bootstrap_url, autocommit=True) as conn:
                conn.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(Literal(str(disk))))
                conn.execute("ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE small")
                conn.execute("ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE small")
            with program(folder, recording, url) as under_test:
                under_test.wait_for_progress(url)
                filler = fill(disk)
                eventually("it knows a full disk", lambda: under_test.has_said("database_disk_full"))
                eventually("its page says so", lambda: "disk is full" in failing(under_test))
                assert under_test.answer("livez").status_code == httpx.codes.OK
                time.sleep(OUTAGE_SECONDS)
                assert under_test.process.poll() is None, under_test.log
                filler.unlink()
                recovery("disk full for a while", under_test, url, seconds_max=RECOVERY_SECONDS_MAX)
                under_test.run_until_idle()
            assert content(url) == undisturbed
            only.stop()
