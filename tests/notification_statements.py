"""What the program's statements that insert into ``notification`` say of rows: their types, the keys of ``data``."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pglast
from sql_files import SOURCE, SqlFile, sql_files

from backbeat.derived.notifications.families import FAMILIES
from backbeat.derived.notifications.families import __file__ as families_file

TABLE = "notification"
MENTIONED = re.compile(r"INSERT\s+INTO\s+notification\b", re.IGNORECASE)
Tree = Any  # a node of the parser: which fields are there is known by its kind
BUILDS_OBJECTS = {"jsonb_build_object", "json_build_object"}


class Told(NamedTuple):
    types: frozenset[str]
    keys: frozenset[str]


@cache
def told_by_file() -> dict[str, Told]:
    """Return what each file inserts, by its place below ``src/backbeat``."""
    found: dict[str, Told] = {}
    for file in sql_files():
        inserts = list(_inserts(file)) if MENTIONED.search(file.text) else []
        if inserts:
            statements = [Insert(insert, _acts(file)) for insert in inserts]
            found[str(file.path.relative_to(SOURCE / "backbeat"))] = Told(
                frozenset().union(*(each.types() for each in statements)),
                frozenset().union(*(each.keys() for each in statements)),
            )
    return found


def _acts(file: SqlFile) -> dict[str, tuple[str, ...]]:
    """Return what columns of an act may hold in a file: its kind is one that the family of the file takes."""
    kinds = [family.kinds for family in FAMILIES if Path(families_file).parent / f"{family.name}.sql" == file.path]
    return {"kind": kinds[0] if kinds else (), "item_type": ("track", "playlist")}


def _inserts(file: SqlFile) -> Iterator[Tree]:
    text, _ = file.plain
    for statement in pglast.parse_sql(text):
        yield from _of_table(statement)
        if _is(statement.stmt, "CreateFunctionStmt"):
            for body in _bodies(text, statement.stmt):
                if MENTIONED.search(body):
                    yield from _of_table(pglast.parse_sql(body))


def _bodies(script: str, function: Tree) -> Iterator[str]:
    options = {option.defname: option.arg for option in function.options}
    if options["language"].sval == "sql":
        yield options["as"][0].sval
    else:
        yield from (each["query"] for each in _nested(pglast.parse_plpgsql(script)) if "query" in each)


def _of_table(tree: Any) -> Iterator[Tree]:
    for node in _nodes(tree):
        if _is(node, "InsertStmt") and node.relation.relname == TABLE:
            yield node


class Insert:
    """A statement that inserts, and what columns may hold that it takes from acts."""

    def __init__(self, tree: Tree, acts: Mapping[str, Collection[str]]) -> None:
        self._tree = tree
        self._acts = acts

    def types(self) -> frozenset[str]:
        return self._strings(self._column("type"))

    def keys(self) -> frozenset[str]:
        keys: set[str] = set()
        for expression in self._column("data"):
            is_named = _is(expression, "ColumnRef")
            for node in _nodes(_named(expression.fields[-1].sval, self._tree) if is_named else [expression]):
                if _is(node, "FuncCall") and node.funcname[-1].sval in BUILDS_OBJECTS:
                    keys |= self._strings(node.args[::2])
        return frozenset(keys)

    def _column(self, name: str) -> list[Any]:
        """Return the expressions that a column gets."""
        at = [column.name for column in self._tree.cols].index(name)
        select = self._tree.selectStmt
        if select.valuesLists:
            return [row[at] for row in select.valuesLists]
        return [select.targetList[at].val]

    def _strings(self, expressions: Iterable[Any]) -> frozenset[str]:
        """Return the texts that expressions may be: themselves, the constants of the columns that they name, joined."""
        found: set[str] = set()
        for expression in expressions:
            if _is(expression, "A_Const") and _is(expression.val, "String"):
                found.add(expression.val.sval)
            elif _is(expression, "A_Expr") and expression.name[-1].sval == "||":
                found |= {a + b for a, b in product(*map(self._strings, ([expression.lexpr], [expression.rexpr])))}
            elif _is(expression, "ColumnRef"):
                column = expression.fields[-1].sval
                found |= self._strings(_named(column, self._tree)) or frozenset(self._acts.get(column, ()))
        return frozenset(found)


def _named(column: str, within: Tree) -> list[Any]:
    """Return what the statement puts into a column that it names itself, constants and objects."""
    found: list[Any] = []
    for node in _nodes(within):
        if _is(node, "ResTarget") and node.name == column and not _is(node.val, "ColumnRef"):
            found.append(node.val)
        elif _is(node, "SelectStmt") and node.larg:
            first, *others = _arms(node)
            names = [_label(target) for target in first.targetList]
            if column in names:
                found.extend(arm.targetList[names.index(column)].val for arm in others)
        elif _is(node, "RangeSubselect") and node.alias and node.subquery.valuesLists:
            names = [each.sval for each in node.alias.colnames or ()]
            if column in names:
                found.extend(row[names.index(column)] for row in node.subquery.valuesLists)
    return found


def _arms(union: Tree) -> list[Tree]:
    return [*_arms(union.larg), *_arms(union.rarg)] if union.larg else [union]


def _label(target: Tree) -> str | None:
    """Return the name that a column of an answer has, given or that of the column that it is."""
    if target.name is None and _is(target.val, "ColumnRef"):
        return getattr(target.val.fields[-1], "sval", None)  # none of *
    return None if target.name is None else str(target.name)


def _is(node: Tree, kind: str) -> bool:
    return type(node).__name__ == kind


def _nodes(tree: Any) -> Iterator[Tree]:
    if isinstance(tree, list | tuple):
        for each in tree:
            yield from _nodes(each)
    elif isinstance(tree, pglast.ast.Node):
        yield tree
        for name in tree:
            yield from _nodes(getattr(tree, name))


def _nested(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for each in tree:
            yield from _nested(each)
