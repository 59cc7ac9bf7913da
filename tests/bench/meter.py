"""Wall time, and the processor time behind it: on a busy machine only the second can be compared."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

TICKS = os.sysconf("SC_CLK_TCK")
TIMES = slice(11, 15)  # user, system and both of the children already gone, after the name in /proc/<pid>/stat


class Spent(msgspec.Struct):
    """Seconds; ``server`` counts every process of the PostgreSQL cluster, ``machine`` everybody's on it."""

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0
    machine: float = 0.0

    @property
    def noise_percent(self) -> float:
        """What other work took of the processors meanwhile."""
        others = max(0.0, self.machine - self.client - self.server)
        return 100 * others / (self.wall * (os.cpu_count() or 1))


@contextmanager
def metered(server_pid: int) -> Iterator[Spent]:
    """Yield what the context will have spent, filled in at its end."""
    spent = Spent()
    machine, server = _machine_seconds(), server_seconds(server_pid)
    wall, client = time.perf_counter(), time.process_time()
    yield spent
    spent.wall = time.perf_counter() - wall
    spent.client = time.process_time() - client
    spent.server = server_seconds(server_pid) - server
    spent.machine = _machine_seconds() - machine


def server_seconds(pid: int) -> float:
    """Return the processor time of a process and its children, living and gone (0 where /proc is not Linux's)."""
    family = {pid} | {child for child, parent in _parents() if parent == pid}
    return sum(process_seconds(each) for each in family)


def process_seconds(pid: int) -> float:
    """Return the processor time of a process and of the children that it has seen go; 0 once it is gone itself."""
    return sum(map(int, _stat(pid)[TIMES])) / TICKS


def parent_of(pid: int) -> int:
    """Return the process that started another one, 0 for one that is not here."""
    return int(next(iter(_stat(pid)[1:2]), 0))


def _machine_seconds() -> float:
    user, nice, system, _idle, _iowait, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts)) / TICKS


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            yield int(folder.name), int(fields[1])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return []
