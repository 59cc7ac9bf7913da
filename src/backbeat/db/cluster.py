"""The folders of one embedded cluster, and what is written into them."""

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import structlog

from backbeat.db.account import Account
from backbeat.db.installation import STATE_DIR, Installation
from backbeat.db.roles import BOOTSTRAP
from backbeat.errors import ConfigError

SOCKET_PATH_BYTES_MAX = 107  # sun_path of Linux; other systems differ by a few bytes, and so does our margin
SOCKET_NAME = ".s.PGSQL.65535"

# A laptop's share of memory, fewer and smaller bursts of writing, and nothing that trades durability away:
# synchronous_commit and fsync stay on, because a cursor that was reported must still be there after a power cut.
CONFIGURATION: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "512MB",
    "wal_buffers": "32MB",  # behind a checkpoint an hour of trending logs some 40 MB of page images
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Seven files, each overwritten when its weekday comes round again.
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}

log = structlog.get_logger(__name__)


class Cluster(NamedTuple):
    """Where one cluster lives: ``home`` is ours, ``data``, ``log`` and the socket belong to the server."""

    home: Path
    programs: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """Return PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """Return the folder of the server's logs."""
        return self.home / "log"

    @property
    def password(self) -> str:
        """Return the password of the loopback port."""
        return self._password_file.read_text(encoding="utf-8").strip()

    @property
    def _password_file(self) -> Path:
        return self.home / "password"

    @property
    def last_port(self) -> int:
        """Return the port of the last start, 0 before the first: people keep addresses."""
        configuration = self.home / "backbeat.conf"
        text = configuration.read_text(encoding="utf-8") if configuration.exists() else ""
        found = re.search(r"^port = '(\d+)'$", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def prepare(self) -> None:
        """Create what an empty home lacks."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o755 if self.account else 0o700)  # its private parts have modes of their own
        self.folder(self.log)
        if not self._password_file.exists():
            self.write("password", secrets.token_urlsafe(24) + "\n")

    def initdb_arguments(self, unfinished: Path) -> list[str]:
        """Return the arguments that create the cluster in ``unfinished``, later renamed to ``data``."""
        return [
            f"--pgdata={unfinished}",
            f"--username={BOOTSTRAP}",
            f"--pwfile={self._password_file}",
            "--auth-local=trust",  # the socket lies in a folder that only its owner enters
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]

    def unfinished(self) -> Path:
        """Return an empty folder for initdb, so that a killed one never looks like a cluster."""
        folder = self.home / "data.new"
        shutil.rmtree(folder, ignore_errors=True)
        self.folder(folder)
        return folder

    def finish(self, unfinished: Path) -> None:
        """Turn what initdb made into the cluster."""
        with unfinished.joinpath("postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude '../backbeat.conf'  # written at each start; what follows it wins\n")
        unfinished.rename(self.data)

    def configure(self, port: int, chosen: Mapping[str, str]) -> None:
        """Write the settings of the next start: where it is reached, and what was chosen."""
        values = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.socket_dir()),
            "unix_socket_permissions": "0700",
            **chosen,
        }
        self.write("backbeat.conf", "".join(f"{name} = {_quoted(value)}\n" for name, value in values.items()))

    def socket_dir(self) -> Path:
        """Return a private folder for the socket, short enough for the system's limit on its path."""
        folder = self.home / "run"
        if not _fits(folder):
            owner = self.account.uid if self.account else os.geteuid()
            digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
            short = (Path(parent) / f"backbeat-{owner}-{digest}" for parent in (tempfile.gettempdir(), "/tmp"))  # noqa: S108 - made private below
            folder = next(filter(_fits, short))
        self.folder(folder)
        return folder

    def forget_server(self) -> None:
        """Remove what a killed server left: PostgreSQL takes any process with its number, even a zombie, for it."""
        for stale in (self.data / "postmaster.pid", *self.socket_dir().glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)

    def folder(self, path: Path) -> None:
        """Create a folder that only the server's account enters; refuse one that another account made."""
        owner = self.account.uid if self.account else os.geteuid()
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            status = path.lstat()
            if path.is_symlink() or status.st_uid != owner or status.st_mode & 0o077:
                raise ConfigError(
                    "folder_not_private",
                    f"{path} exists but is not a private folder of the account that runs PostgreSQL.",
                    cure="Remove it, or choose another data directory.",
                ) from None
        else:
            if self.account:
                self.account.own(path)

    def write(self, name: str, text: str) -> None:
        """Write a private file into ``home`` at once or not at all."""
        unfinished = self.home / f"{name}.new"
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - the mode from birth
            file.write(text)
        if self.account:
            self.account.own(unfinished)
        unfinished.replace(self.home / name)

    def log_tail(self) -> str:
        """Return the end of what the server and its starter wrote last."""
        files = sorted(self.log.glob("*.log"), key=lambda file: file.stat().st_mtime)
        text = "\n".join(file.read_text(encoding="utf-8", errors="replace")[-1_000:] for file in files[-2:])
        return " ".join(text.split())


def locate(data_dir: Path, programs: Installation, account: Account | None) -> Cluster:
    """Return the cluster of these programs in ``data_dir``, creating no more than its place.

    A root process whose data directory the server's account cannot enter (a checkout in a private home) gets a
    place that it can; the data directory then holds a link to it, so that removing the link starts a new cluster.
    """
    home = data_dir / f"pg{programs.major}"
    if account and not home.is_symlink() and not account.reaches(data_dir):
        if home.exists():
            raise ConfigError(
                "cluster_unreachable",
                f"The account {account.name} cannot enter {home}, where its cluster is.",
                cure="Make the folders above it executable for others.",
            )
        place = _elsewhere(programs.major)
        home.symlink_to(place)
        log.warning("cluster_placed_elsewhere", wanted=str(home), placed=str(place), account=account.name)
    return Cluster(home.resolve(), programs.bin, account)


def _elsewhere(major: int) -> Path:
    folder = STATE_DIR / "clusters"
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"pg{major}-", dir=folder))


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
