"""A real PgBouncer in transaction mode before a server, where this machine has one."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SECONDS_MAX = 10.0
POOL_SIZE = 4  # fewer sessions than the lanes open: transactions of several lanes take turns on them

CONFIGURATION = """\
[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
logfile = {folder}/pgbouncer.log
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
{more}
"""


@contextmanager
def pgbouncer(folder: Path, direct: str, *, pool_size: int = POOL_SIZE, more: str = "") -> Iterator[str]:
    """Yield the address of ``direct`` (a database over TCP) through a PgBouncer; skips where there is none."""
    if PROGRAM is None:
        pytest.skip("there is no pgbouncer on this machine; Debian's package is called pgbouncer")
    parts, port = urlsplit(direct), free_port()
    path = folder / "pgbouncer.ini"
    text = CONFIGURATION.format(server_port=parts.port, port=port, folder=folder, pool_size=pool_size, more=more)
    text = text.replace("port=", f"user={parts.username} password={parts.password} port=", 1)
    path.write_text(text)
    process = subprocess.Popen([PROGRAM, str(path)], stderr=subprocess.DEVNULL, user=_account(folder))
    try:
        _wait_for(port, process)
        yield parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
    finally:
        process.terminate()
        process.wait(SECONDS_MAX)


def _account(folder: Path) -> int | None:
    """Return whom to run it as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, "pgbouncer ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("pgbouncer does not listen")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
