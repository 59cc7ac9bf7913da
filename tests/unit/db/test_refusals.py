"""Programs, folders and accounts that the embedded server cannot use are refused under a code of their own."""

from pathlib import Path

import pytest

from backbeat.db.account import Account
from backbeat.db.cluster import Cluster, locate
from backbeat.db.installation import Installation, choose, made_reachable
from backbeat.errors import ConfigError
from backbeat.settings import DatabaseSettings

STRANGER = Account("stranger", 4_000_000, 4_000_000)


def programs(folder: Path, says: str) -> Path:
    folder.mkdir()
    for name in ("postgres", "initdb", "pg_ctl"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("postgres (PostgreSQL) 14.22", "postgres_too_old"),
        ("postgres (PostgreSQL) 9.6.24", "postgres_too_old"),
        ("segmentation fault", "postgres_version_unknown"),
    ],
)
def test_programs_that_will_not_do_are_refused(tmp_path: Path, says: str, code: str) -> None:
    folder = programs(tmp_path / "bin", says)
    with pytest.raises(ConfigError) as refused:
        choose(DatabaseSettings(postgres_bin=str(folder)), tmp_path)
    assert refused.value.code == code


def test_the_oldest_that_will_do_is_taken(tmp_path: Path) -> None:
    folder = programs(tmp_path / "bin", "postgres (PostgreSQL) 15.0")
    assert choose(DatabaseSettings(postgres_bin=str(folder)), tmp_path) == Installation(15, folder)


def test_programs_of_a_system_that_the_account_cannot_run_are_refused(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="stranger") as refused:
        made_reachable(Installation(17, programs(private / "bin", "")), STRANGER)
    assert refused.value.code == "programs_unreachable"


def test_a_cluster_that_the_account_cannot_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "pg17").mkdir()
    with pytest.raises(ConfigError, match="stranger") as refused:
        locate(tmp_path, Installation(17, tmp_path), STRANGER)
    assert refused.value.code == "cluster_unreachable"


@pytest.mark.parametrize("kind", ["open", "link"])
def test_a_folder_that_others_can_enter_is_not_taken_for_ours(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "sockets"
    if kind == "link":
        (tmp_path / "target").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "target")
    else:
        folder.mkdir()
        folder.chmod(0o750)
    with pytest.raises(ConfigError) as refused:
        Cluster(tmp_path, tmp_path, None).folder(folder)
    assert refused.value.code == "folder_not_private"


def test_a_private_folder_of_ours_is_taken(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, tmp_path, None)
    for _ in range(2):
        cluster.folder(tmp_path / "sockets")
    assert (tmp_path / "sockets").stat().st_mode & 0o777 == 0o700
