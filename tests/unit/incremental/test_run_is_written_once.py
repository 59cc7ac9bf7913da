"""One file locks and moves positions, one other asks it to and reports a conflict; every keeper stands on that."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "backbeat"
RUN, LEDGER = (SOURCE / "incremental" / name for name in ("run.py", "ledger.py"))
PRIMITIVES = {"lock", "moves"}
MODULES = {"backbeat.incremental.run", "backbeat.incremental.ledger"}
CALLS = {"conflicted", "moved", "ledger"}
OTHERS = [path for name in ("incremental", "derived", "jobs") for path in sorted((SOURCE / name).rglob("*.py"))]


@pytest.mark.parametrize("path", [path for path in OTHERS if path not in {RUN, LEDGER}], ids=lambda path: path.stem)
def test_no_other_file_locks_or_moves_positions(path: Path) -> None:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found = set()
    for node in tree:
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found |= {alias.name for alias in node.names} & PRIMITIVES
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found |= {node.func.attr} & CALLS
    assert found == set()


def test_these_files_do() -> None:
    assert all(f"async def {name}(" in LEDGER.read_text(encoding="utf-8") for name in PRIMITIVES)
    source = RUN.read_text(encoding="utf-8")
    assert all(f"await {name}(" in source for name in PRIMITIVES)
    assert ".conflicted(" in source
