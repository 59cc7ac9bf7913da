"""Folders for clusters that live as long as a test or a run, and servers that put speed before safety."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sql_files import SOURCE

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.settings import DatabaseSettings

VERSION = os.environ.get("BACKBEAT_TEST_POSTGRES", "")  # 16, 18, or a folder with a system's programs; empty: newest
AS_SHIPPED = os.environ.get("BACKBEAT_TEST_AS_SHIPPED") == "1"  # then nothing of our tuning is written
GUARD = Path(__file__).with_name("cluster_guard.py")
MEMORY_BYTES_MIN = 2 << 30
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ALLOWED = {"max_prepared_transactions": "10"}  # a feed must stand them, though we make none


def chosen() -> DatabaseSettings:
    if VERSION.isdigit() or not VERSION:
        return DatabaseSettings(embedded_version=int(VERSION or 0))
    return DatabaseSettings(postgres_bin=VERSION)


def server(data_dir: Path, settings: DatabaseSettings | None = None) -> EmbeddedPostgres:
    configuration = UNSAFE_AND_FAST | ALLOWED
    return EmbeddedPostgres(data_dir, settings or chosen(), configuration=configuration, tuned=not AS_SHIPPED)


def tcp_url(running: EmbeddedPostgres) -> str:
    """Return the server's address over its loopback port, with the password, for those who cannot use the socket."""
    return f"postgresql://backbeat:{running._started().password}@127.0.0.1:{running._port}/backbeat"


@contextmanager
def cluster_folder(place: Path | None = None) -> Iterator[Path]:
    """Yield a folder in ``place`` that every account can enter (pytest's own are private; root's server has to get in).

    A guard stops what still runs in it afterwards and removes it, even when this process is killed.
    """
    folder = Path(tempfile.mkdtemp(prefix="backbeat-tests-", dir=place or _fast_place()))
    folder.chmod(0o755)
    guard = subprocess.Popen(
        [sys.executable, GUARD, folder],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        start_new_session=True,
    )
    try:
        yield folder
    finally:
        guard.communicate()
    assert guard.returncode == 0


def _fast_place() -> Path | None:
    """Memory where there is enough of it: copying the template took 0.02 s there and 0.7 s on the disk beside it."""
    memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
    if not os.access(memory, os.W_OK):
        return None
    room = os.statvfs(memory)
    return memory if room.f_bavail * room.f_frsize >= MEMORY_BYTES_MIN else None
