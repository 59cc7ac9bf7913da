"""PostgreSQL refuses to run as root, so a root process runs it as an ordinary account."""

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from backbeat.errors import ConfigError

# The account that distributions make for PostgreSQL comes first: "nobody" may have other programs running.
CANDIDATES = ("postgres", "nobody")


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

    A cluster that exists is run by whoever owns it. Raises ConfigError when root finds no account to use.
    """
    if os.geteuid() != 0:
        return None
    if data.exists():
        status = data.stat()
        return Account(str(status.st_uid), status.st_uid, status.st_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigError(
        "no_server_account",
        "PostgreSQL does not run as root, and this system has no account to run it as.",
        cure=f"Create one of the accounts {', '.join(CANDIDATES)}, or run Backbeat as an ordinary user.",
    )
