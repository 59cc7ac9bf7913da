import re

import pglast
import pytest
from sql_files import SqlFile, sql_files

from backbeat.db.statements import split

FILES = sql_files()
SCRIPTS = [file for file in FILES if file.is_script]
MIGRATIONS = [file for file in FILES if file.is_migration]
STATEMENTS = [file for file in FILES if not file.is_script]


def each(files: list[SqlFile]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=lambda file: file.label)


def test_there_are_files_to_check() -> None:
    assert MIGRATIONS
    assert STATEMENTS


@each(STATEMENTS)
def test_a_file_beside_python_is_one_statement(file: SqlFile) -> None:
    text, _ = file.plain
    assert len(pglast.parse_sql(text)) == 1


@each(STATEMENTS)
def test_a_file_beside_python_is_used_there(file: SqlFile) -> None:
    named = f'"{file.path.name}"', f'family("{file.path.stem}", '  # families of notifications are named as their files
    users = [
        path
        for path in file.path.parent.glob("*.py")
        if any(name in path.read_text(encoding="utf-8") for name in named)
    ]
    assert users, f"no module beside {file.label} names it"


@each(SCRIPTS)
def test_a_script_parses(file: SqlFile) -> None:
    assert pglast.parse_sql(file.text)


@each(SCRIPTS)
def test_our_splitter_cuts_a_script_where_the_parser_does(file: SqlFile) -> None:
    ours = [pglast.fingerprint(statement) for statement in split(file.text)]
    assert ours == [pglast.fingerprint(statement) for statement in pglast.split(file.text)]


@each(MIGRATIONS)
def test_a_concurrent_index_build_can_be_repeated(file: SqlFile) -> None:
    """A build that fails leaves an invalid index of its name, which IF NOT EXISTS would take for a good one."""
    built = re.findall(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(\S+)", file.text, re.IGNORECASE)
    dropped = re.findall(r"DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+([\w.]+)", file.text, re.IGNORECASE)
    assert {name.rpartition(".")[2] for name in built} <= {name.rpartition(".")[2] for name in dropped}
