"""What the program's statements that insert into ``notification`` say of rows: their types, the keys of ``data``."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pglast
from sql_files import SOURCE, SqlFile, sql_files

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
            found[str(file.path.relative_to(SOURCE / "backbeat"))] = Told(
                frozenset().union(*(_strings(_column(insert, "type"), insert) for insert in inserts)),
                frozenset().union(*(_keys(insert) for insert in inserts)),
            )
    return found


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


def _column(insert: Tree, name: str) -> list[Any]:
    """Return the expressions that a column gets."""
    at = [column.name for column in insert.cols].index(name)
    select = insert.selectStmt
    if select.valuesLists:
        return [row[at] for row in select.valuesLists]
    return [select.targetList[at].val]


def _strings(expressions: list[Any], within: Tree) -> frozenset[str]:
    """Return the texts that an expression may be: itself, or the constants of the column that it names."""
    found: set[str] = set()
    for expression in expressions:
        if _is(expression, "ColumnRef"):
            found |= _strings(_named(expression.fields[-1].sval, within), within)
        elif _is(expression, "A_Const") and _is(expression.val, "String"):
            found.add(expression.val.sval)
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
        return str(target.val.fields[-1].sval)
    return None if target.name is None else str(target.name)


def _keys(insert: Tree) -> frozenset[str]:
    keys: set[str] = set()
    for expression in _column(insert, "data"):
        places = _named(expression.fields[-1].sval, insert) if _is(expression, "ColumnRef") else [expression]
        for node in _nodes(places):
            if _is(node, "FuncCall") and node.funcname[-1].sval in BUILDS_OBJECTS:
                keys |= _strings(list(node.args[::2]), insert)
    return frozenset(keys)


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
