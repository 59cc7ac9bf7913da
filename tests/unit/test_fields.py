"""Each field of a wide struct has a text under it, so that an editor shows it and nobody counts clauses."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = (ROOT / "src" / "backbeat", ROOT / "tests")
WIDE = 5  # more fields than that are too many to explain in one paragraph
BASES = {"Struct", "NamedTuple"}
ELSEWHERE = {  # and where their fields are explained
    "observe/status.py: Kept": "in Status, under the same names",
    "chain/proto/": "generated",
    "index/rows/": "columns of the network's tables",
    "bench/synthetic/sizes.py: Sizes": "one field a table",
    "reference_challenges/tables.py: Tables": "one field a table",
    "harness/score_world.py: Facts": "one field a table",
}


def structs() -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield structs with more than WIDE fields, each by its file and name; the rows of a test explain themselves."""
    files = [(root, path) for root in ROOTS for path in sorted(root.rglob("*.py"))]
    for root, path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and len(fields(node)) > WIDE:
                name = f"{path.relative_to(root).as_posix()}: {node.name}"
                if not (path.name.startswith("test_") or name.startswith(tuple(ELSEWHERE))):
                    yield name, node


def fields(node: ast.ClassDef) -> dict[str, bool]:
    """Return the fields of a struct, each with whether a text follows it; no fields for any other class."""
    bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
    if not bases & BASES:
        return {}
    return {
        field.target.id: isinstance(below, ast.Expr) and isinstance(getattr(below.value, "value", None), str)
        for field, below in zip(node.body, [*node.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }


@pytest.mark.parametrize("node", [pytest.param(node, id=name) for name, node in structs()])
def test_every_field_says_what_it_is(node: ast.ClassDef) -> None:
    assert [name for name, is_told in fields(node).items() if not is_told] == []


def test_there_are_wide_structs() -> None:
    names = {name for name, _ in structs()}
    assert {"settings.py: DatabaseSettings", "chain/model.py: ManageEntity", "observe/tree.py: Status"} <= names
