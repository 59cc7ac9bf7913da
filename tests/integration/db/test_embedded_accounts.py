"""Who the embedded server runs as: an ordinary account, also when root starts it."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from clusters import server
from sql_files import SOURCE

from backbeat.db import account as accounts
from backbeat.db import cluster, installation
from backbeat.db.account import Account
from backbeat.db.installation import available_versions
from backbeat.errors import ConfigError
from backbeat.settings import DatabaseSettings

pytestmark = pytest.mark.version_free

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the server as someone else")
PROC = Path("/proc")


def uid_of(pid: int) -> int:
    return (PROC / str(pid)).stat().st_uid


def account(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(name, entry.pw_uid, entry.pw_gid)


def give(folder: Path, owner: Account) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.name != "users.lock":
            owner.own(path)


@pytest.mark.skipif(not (PROC / "self").exists(), reason="asks /proc who runs the server")
async def test_the_server_never_runs_as_root(data_dir: Path) -> None:
    async with server(data_dir) as running:
        assert uid_of(running.pid) != 0
        assert os.geteuid() in (0, uid_of(running.pid))


@as_root
async def test_an_existing_cluster_runs_as_its_owner(data_dir: Path) -> None:
    nobody = account("nobody")
    async with server(data_dir) as running:
        pid = running.pid
    give(next(iter(data_dir.glob("pg*"))), nobody)  # noqa: ASYNC240 - a test may wait for the disk
    async with server(data_dir) as running:
        assert running.pid != pid
        assert uid_of(running.pid) == nobody.uid


@as_root
def test_an_ordinary_user_runs_it_too(data_dir: Path) -> None:
    nobody = account("nobody")
    programs = max(available_versions().items())[1]
    if not nobody.reaches(programs):
        pytest.skip(f"nobody cannot enter {programs}, and only root makes a copy")
    data_dir.mkdir()
    nobody.own(data_dir)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("hold_server.py"), data_dir, "nobody"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{SOURCE.parent / 'tests'}"},
    )
    assert done.returncode == 0, done.stderr
    assert "postgres_stopped" in done.stderr
    assert {path.stat().st_uid for path in data_dir.rglob("*")} == {nobody.uid}


@as_root
async def test_a_data_directory_in_a_private_home_is_a_link_to_a_reachable_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_dir = data_dir.parent / "state"
    monkeypatch.setattr(cluster, "STATE_DIR", state_dir)
    private = data_dir.parent / "home"
    private.mkdir(mode=0o700)
    async with server(private / "data") as running:
        with psycopg.connect(running.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept ()")
    (link,) = (private / "data").glob("pg*")
    assert link.is_symlink()
    assert link.resolve().is_relative_to(state_dir)
    async with server(private / "data") as running:
        with psycopg.connect(running.url, autocommit=True) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)


@as_root
async def test_programs_in_a_private_home_are_copied_to_where_the_account_can_run_them(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = max(available_versions())
    tree = available_versions()[newest].parent
    private = data_dir.parent / "home"
    shutil.copytree(tree, private / tree.parent.name / tree.name, symlinks=True)
    shutil.copytree(tree.parent.with_name(f"{tree.parent.name}.libs"), private / f"{tree.parent.name}.libs")
    private.chmod(0o700)
    hidden = private / tree.parent.name / tree.name / "bin"
    monkeypatch.setattr(installation, "available_versions", lambda: {newest: hidden})
    monkeypatch.setattr(installation, "STATE_DIR", data_dir.parent / "state")
    async with server(data_dir, DatabaseSettings(embedded_version=newest)) as running:
        program = (PROC / str(running.pid) / "exe").readlink()
    assert program.is_relative_to(data_dir.parent / "state")


@as_root
async def test_a_new_cluster_runs_as_an_account_of_its_own(data_dir: Path) -> None:
    async with server(data_dir) as running:
        assert uid_of(running.pid) == account("backbeat").uid
    assert account("backbeat").uid not in {account("nobody").uid, 0}


@as_root
@pytest.mark.parametrize(
    ("program", "chosen"),
    [("/bin/false", "nobody"), (None, "nobody")],
    ids=["an account cannot be added", "there is no useradd"],
)
def test_where_no_account_can_be_added_one_that_others_share_does(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, program: str | None, chosen: str
) -> None:
    monkeypatch.setattr(accounts, "OWN", "no-such-account")
    monkeypatch.setattr(accounts, "SHARED", ("no-such-account-either", "nobody"))
    monkeypatch.setattr(shutil, "which", lambda *_, **__: program)
    found = accounts.server_account(data_dir)
    assert found is not None
    assert found.name == chosen


@as_root
def test_an_account_is_added_where_the_system_has_none(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = data_dir.parent / "useradd"
    made.write_text(f'#!/bin/sh\necho "$@" > {data_dir.parent}/asked\n')
    made.chmod(0o755)
    monkeypatch.setattr(accounts, "OWN", "backbeat-new")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: str(made))
    assert accounts.server_account(data_dir) is not None
    asked = (data_dir.parent / "asked").read_text()
    assert asked.startswith("--system ")
    assert asked.endswith(" backbeat-new\n")


@as_root
def test_root_without_any_account_is_told_what_to_create(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "OWN", "no-such-account")
    monkeypatch.setattr(accounts, "SHARED", ())
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(ConfigError) as refused:
        accounts.server_account(data_dir)
    assert refused.value.code == "no_server_account"
