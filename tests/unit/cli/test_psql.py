"""`backbeat psql`: the password is no argument, and psql's exit status is the verb's."""

import os
from pathlib import Path

from builders.terminal import backbeat

SECRET = "hunter2"  # noqa: S105 - made up
SPY = """#!/bin/sh
echo "$@" > {seen}
echo "$PGPASSWORD $PGAPPNAME" >> {seen}
exit 7
"""


def test_psql_gets_the_address_and_the_password_apart(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "psql"
    program.write_text(SPY.format(seen=seen))
    program.chmod(0o755)
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/there?pool_max_conns=5"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    answer = backbeat("psql", "--database", url, "--", "-c", "SELECT 1", env={"PATH": path})
    arguments, environment = seen.read_text().splitlines()
    assert answer.status == 7
    assert SECRET not in arguments
    assert "user=me" in arguments
    assert "dbname=there" in arguments
    assert arguments.endswith("-c SELECT 1")
    assert environment == f"{SECRET} backbeat/psql"
