"""Every error code of the program, read from its source, and the reference page that lists them.

``PYTHONPATH=tests python -m error_codes`` writes the page again.
"""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sql_files import SOURCE

import backbeat.errors
from backbeat.db.outage import Kind, OutageError
from backbeat.errors import BackbeatError

PAGE = SOURCE.parent / "docs" / "reference" / "errors.md"
CLASSES = {
    name: kind
    for name, kind in vars(backbeat.errors).items()
    if isinstance(kind, type) and issubclass(kind, BackbeatError)
} | {kind.__name__: OutageError for kind in (Kind, OutageError)}  # a kind of outage has code, sentence and cure as well
REQUEST = "RequestError"  # of the API: the HTTP status comes before the code
HEAD = """\
# Error codes

Every failure that Backbeat reports on purpose has a code, a sentence and a cure. The command line prints the sentence
and the cure and exits with the status; logs have `sentence [code]`; the HTTP API answers `code`, `message` and `cure`.
Codes stay the same from version to version, sentences may change. `…` stands for what a sentence tells of the case.

Why a transaction was refused is no error: see [HTTP](http.md#refused-transactions).

| code | status | sentence |
|---|---|---|
"""


class Raised(NamedTuple):
    """A place in the source that makes an error."""

    code: str
    status: str
    sentence: str


@cache
def raised() -> list[Raised]:
    """Return every code with its status and sentence, by code; a code that is raised in two ways comes twice."""
    found = set[Raised]()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= _raised_by(node)
    return sorted(found)


def page() -> str:
    """Return the reference page."""
    return HEAD + "".join(f"| `{each.code}` | {each.status} | {each.sentence} |\n" for each in raised())


def _raised_by(call: ast.Call) -> set[Raised]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    arguments = call.args[name == REQUEST :]
    if name not in {*CLASSES, REQUEST} or len(arguments) < 2:
        return set()
    code, sentence = arguments[:2]
    if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
        return set()
    status = f"HTTP {_text(call.args[0])}" if name == REQUEST else str(int(CLASSES[name].exit_status))
    return {Raised(code.value, status, _text(sentence).replace("|", "\\|"))}


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value):
            return " ".join(str(value).split())
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in values)
    return "…"


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8")
