"""Each field of a wide struct has a text under it, so that an editor shows it and nobody counts clauses."""

import ast
from functools import cache
from pathlib import Path

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


@cache
def structs() -> dict[str, ast.ClassDef]:
    """Return structs with more than WIDE fields, by file and name; the rows of a test explain themselves."""
    found = {}
    for root, path in ((each, path) for each in ROOTS for path in sorted(each.rglob("*.py"))):
        if path.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and len(fields(node)) > WIDE:
                name = f"{path.relative_to(root).as_posix()}: {node.name}"
                if not name.startswith(tuple(ELSEWHERE)):
                    found[name] = node
    return found


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


def test_every_field_says_what_it_is() -> None:
    untold = {
        name: [field for field, is_told in fields(node).items() if not is_told] for name, node in structs().items()
    }
    assert {name: missing for name, missing in untold.items() if missing} == {}


def test_there_are_wide_structs() -> None:
    names = structs().keys()
    assert {"settings.py: DatabaseSettings", "chain/model.py: ManageEntity", "observe/tree.py: Status"} <= names
