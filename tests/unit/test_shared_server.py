"""Tests share one server: what asks for its sessions names the database or the session that is meant.

A test that ended every indexer's session once ended those of the tests beside it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SHARING = [*sorted((TESTS / "integration").rglob("*.py")), *sorted((TESTS / "conformance").rglob("*.py"))]
MEANT = ("datname", "usename", "pid =")


def _questions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "pg_stat_activity" in node.value:
            yield node.value


def name(path: Path) -> str:
    return str(path.relative_to(TESTS))


@pytest.mark.parametrize("path", SHARING, ids=name)
def test_questions_about_sessions_name_whose(path: Path) -> None:
    assert [asked for asked in _questions(path.read_text()) if not any(word in asked for word in MEANT)] == []


@pytest.mark.parametrize("path", [path for path in SHARING if path.name != "test_roles.py"], ids=name)
def test_roles_have_names_of_their_own(path: Path) -> None:
    """Two workers may run a file at once; a name that stands in the source is both theirs."""
    assert re.findall(r"CREATE ROLE \w+", path.read_text("utf-8")) == []
