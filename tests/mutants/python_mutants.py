"""Changes to Python: comparisons, conditions, numbers, arithmetic, statements left out, exceptions not caught."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from mutants.mutant import Mutant

COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
DECLARED = {"gc", "frozen", "kw_only"}  # how a struct is made: for speed, or held by the type checker
NOT_TRIED = (ast.Assert, ast.Import, ast.ImportFrom)  # an assertion there tells the type checker something


def python_mutants(path: str, source: bytes) -> list[Mutant]:
    """Return every change to the module; see :func:`compiles`."""
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return list(dict.fromkeys(finder.found))


def compiles(source: bytes) -> bool:
    """Tell whether it is Python."""
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Finder(ast.NodeVisitor):
    def __init__(self, path: str, source: bytes) -> None:
        self.found: list[Mutant] = []
        self._path = path
        self._source = source
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))

    def visit(self, node: ast.AST) -> None:
        if (
            isinstance(node, NOT_TRIED)
            or _is_log_line(node)
            or (isinstance(node, ast.keyword) and node.arg in DECLARED)
        ):
            return
        for replacement, kind in _statements(node):
            self._replace(node, replacement, kind)
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "decorator_list"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)
        getattr(self, f"_in_{type(node).__name__}", lambda _: None)(node)

    def _in_Compare(self, node: ast.Compare) -> None:  # noqa: N802 - named after the syntax node
        operands = [node.left, *node.comparators]
        for (left, right), operator in zip(pairwise(operands), node.ops, strict=True):
            self._swap(left, right, *COMPARISONS[type(operator)], "comparison")

    def _in_BoolOp(self, node: ast.BoolOp) -> None:  # noqa: N802
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in pairwise(node.values):
            self._swap(left, right, *words, "and, or")
        for dropped in node.values:
            rest = [f"({self._text(value)})" for value in node.values if value is not dropped]
            self._replace(node, f"({f' {words[0]} '.join(rest)})", "condition dropped")

    def _in_BinOp(self, node: ast.BinOp) -> None:  # noqa: N802
        texts = (ast.JoinedStr, ast.List, ast.Tuple)
        if type(node.op) in ARITHMETIC and not any(
            isinstance(side, texts) or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
            for side in (node.left, node.right)
        ):
            self._swap(node.left, node.right, *ARITHMETIC[type(node.op)], "arithmetic")

    def _in_UnaryOp(self, node: ast.UnaryOp) -> None:  # noqa: N802
        if isinstance(node.op, ast.Not):
            self._replace(node, f"({self._text(node.operand)})", "not dropped")

    def _in_If(self, node: ast.If | ast.While | ast.IfExp) -> None:  # noqa: N802
        self._negate(node.test)

    _in_While = _in_IfExp = _in_If  # noqa: N815

    def _in_comprehension(self, node: ast.comprehension) -> None:
        for condition in node.ifs:
            self._negate(condition)
            self._replace(condition, "True", "filter dropped")

    def _in_Constant(self, node: ast.Constant) -> None:  # noqa: N802
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value), "truth")
        elif isinstance(node.value, int | float):
            self._replace(node, repr(node.value + 1), "number")

    def _in_Call(self, node: ast.Call) -> None:  # noqa: N802
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            self._replace(node.func, CALLS[node.func.id], "function swapped")

    def _in_ExceptHandler(self, node: ast.ExceptHandler) -> None:  # noqa: N802
        if isinstance(node.type, ast.Tuple):
            for dropped in node.type.elts:
                rest = [self._text(each) for each in node.type.elts if each is not dropped]
                self._replace(node.type, f"({', '.join(rest)},)", "exception not caught")

    def _negate(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            self._replace(test, f"(not ({self._text(test)}))", "condition negated")

    def _swap(self, left: ast.expr, right: ast.expr, old: str, new: str, kind: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        pattern = rf"(?<!\w){re.escape(old)}(?!\w)".replace(r"\ ", r"\s+").encode()
        found = re.search(pattern, self._source[start:end])
        if found:
            self._add(start + found.start(), start + found.end(), new, kind)

    def _replace(self, node: ast.AST, replacement: str, kind: str) -> None:
        self._add(*self._span(node), replacement, kind)

    def _add(self, start: int, end: int, replacement: str, kind: str) -> None:
        self.found.append(Mutant(self._path, start, end, replacement, kind))

    def _span(self, node: ast.AST) -> tuple[int, int]:
        at = ast.Constant(0)
        ast.copy_location(at, node)
        return (
            self._line_starts[at.lineno - 1] + at.col_offset,
            self._line_starts[(at.end_lineno or 1) - 1] + (at.end_col_offset or 0),
        )

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self._source[start:end].decode()


def _statements(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what a statement may become."""
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "pass", "call left out"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "pass", "assignment left out"
        case ast.AugAssign():
            yield "pass", "assignment left out"
        case ast.Raise():
            yield "pass", "error not raised"
        case ast.Continue() | ast.Return(value=None):
            yield "pass", "goes on"


def _is_log_line(node: ast.AST) -> bool:
    """Tell whether the statement only writes to the log."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return True
    return False
