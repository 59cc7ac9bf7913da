"""PostgreSQL refuses to run as root, so a root process runs it as an account that does nothing else."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import structlog

from backbeat.errors import ConfigError

OWN = "backbeat"
ADD_USER = ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir=/nonexistent", "--shell=/bin/false")
SHARED = ("postgres", "nobody")
"""Where no account can be added. Other programs may run as these, and could then reach the server's files."""

log = structlog.get_logger(__name__)


class Account(NamedTuple):
    """Who runs the server when we are root. It gets no supplementary groups."""

    name: str
    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Say whether the account may enter ``path`` and every folder above it (mode bits only, not ACLs)."""
        return all(self._may_enter(folder) for folder in (path, *path.parents))

    def own(self, path: Path) -> None:
        """Give ``path`` to the account."""
        os.chown(path, self.uid, self.gid)

    def _may_enter(self, path: Path) -> bool:
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode >> shift & 0o1)


def server_account(data: Path) -> Account | None:
    """Return the account to run the cluster in ``data`` as, or None when that is simply ourselves.

    A cluster that exists is run by its owner, a new one by an account of its own, which is added where the system has
    none. Raises ConfigError when root finds no account to use.
    """
    if os.geteuid() != 0:
        return None
    if data.exists():
        status = data.stat()
        return Account(str(status.st_uid), status.st_uid, status.st_gid)
    if account := _known(OWN) or _added():
        return account
    for name in SHARED:
        if account := _known(name):
            log.warning("server_account_shared", account=name, wanted=OWN)
            return account
    raise ConfigError(
        "no_server_account",
        "PostgreSQL does not run as root, and this system has no account to run it as.",
        cure=f"Create a system account {OWN}, or run Backbeat as an ordinary user.",
    )


def _known(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _added() -> Account | None:
    """Add the account; None where the system has no ``useradd`` or it fails, as in a read-only image."""
    program = shutil.which(ADD_USER[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return None
    done = subprocess.run([program, *ADD_USER[1:], OWN], capture_output=True, text=True, check=False)  # noqa: S603 - the system's own
    if account := _known(OWN):  # also when another process was faster
        log.info("server_account_added", account=OWN)
        return account
    log.warning("server_account_not_added", account=OWN, said=done.stderr.strip())
    return None
