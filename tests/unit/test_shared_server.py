"""Tests share one server: what asks for its sessions names the database or the session that is meant.

A test that ended every indexer's session once ended those of the tests beside it.
"""

import ast
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


@pytest.mark.parametrize("path", SHARING, ids=lambda path: str(path.relative_to(TESTS)))
def test_questions_about_sessions_name_whose(path: Path) -> None:
    assert [asked for asked in _questions(path.read_text()) if not any(word in asked for word in MEANT)] == []
