"""What ``postmaster.pid`` says of a cluster, and whether it is still true."""

import os
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
READY_LINES = 8  # the server writes its status as the eighth line


class Postmaster(NamedTuple):
    """The server that wrote the file. ``port`` is 0 until it has one."""

    pid: int
    port: int
    socket_dir: str


def read(data: Path) -> Postmaster | None:
    """Return what the cluster's pid file says, or None without one that can be read in full."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    if len(lines) < READY_LINES:
        return Postmaster(int(lines[0]), 0, "")
    return Postmaster(int(lines[0]), int(lines[3]), lines[4].strip())


def runs(pid: int, data: Path) -> bool:
    """Say whether ``pid`` is a living server of the cluster ``data``, not a zombie or a number used again.

    A server's working directory is its data directory. Where the system has no /proc, any living process passes,
    which is also what PostgreSQL itself believes.
    """
    if PROC.joinpath("self").exists():
        return _works_in(pid, data)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def orphans(data: Path) -> list[int]:
    """Return the processes that still work in the cluster: what outlives a killed server for a moment."""
    if not PROC.joinpath("self").exists():
        return []
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in numbers if _works_in(pid, data)]


def _works_in(pid: int, data: Path) -> bool:
    process = PROC / str(pid)
    try:  # a zombie has no working directory, and a shell that was left there is no server
        return process.joinpath("cwd").readlink() == data and process.joinpath("comm").read_text() == "postgres\n"
    except OSError:
        return False
