"""What locks and moves positions, and what reports a conflict, is one file; every keeper stands on it."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "backbeat"
RUN = SOURCE / "incremental" / "run.py"
PRIMITIVES = {"lock", "advance"}
CALLS = {"conflicted", "moved", "ledger"}
OTHERS = [path for name in ("incremental", "derived", "jobs") for path in sorted((SOURCE / name).rglob("*.py"))]


@pytest.mark.parametrize("path", [path for path in OTHERS if path != RUN], ids=lambda path: path.stem)
def test_no_other_file_locks_or_moves_positions(path: Path) -> None:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = set()
    for node in tree:
        if isinstance(node, ast.ImportFrom) and node.module == "backbeat.incremental.run":
            found |= {alias.name for alias in node.names} & PRIMITIVES
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found |= {node.func.attr} & CALLS
    assert found == set()


def test_the_one_file_does() -> None:
    source = RUN.read_text(encoding="utf-8")
    assert all(f"async def {name}(" in source for name in PRIMITIVES)
