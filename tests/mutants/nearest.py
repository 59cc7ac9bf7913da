"""Which tests meet a change, in what order: of those that reach it, first the files that speak of the changed file."""

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mutants.mutant import ROOT, Mutant

WORD_CHARACTERS_MIN = 4  # "of" and "run" are in the names of tests of everything


class Reached(NamedTuple):
    """What a test takes, and the functions that it calls: the file and the first line of each."""

    seconds: float
    functions: frozenset[str]


@cache
def test_files(tests: tuple[str, ...]) -> list[str]:
    """Return the test files of files and folders, each once, in their order."""
    return list(dict.fromkeys(file for test in tests for file in _files(test)))


def chosen(mutant: Mutant, files: Iterable[str], reached: Mapping[str, Reached]) -> list[str]:
    """Return the tests of ``files`` that reach the change; all where that cannot be told, or none does."""
    within = set(files)
    asked = [test for test in reached if file_of(test) in within]
    nearest, places = functions_of(mutant), [f"{file}:" for file in _modules(mutant)]
    if mutant.path.endswith(".py"):
        reaching = [test for test in asked if nearest & reached[test].functions]
    else:  # tests send statements too
        reaching = [test for test in asked if any(_is_of(place, reached[test]) for place in places)]

    def order(test: str) -> tuple[bool, bool, int, float]:
        sends = bool(nearest & reached[test].functions)
        knows = any(_is_of(place, reached[test]) for place in places)
        return not sends, not knows, -_nearness(mutant.path, file_of(test)), reached[test].seconds

    return sorted(reaching or asked, key=order)


def _is_of(place: str, test: Reached) -> bool:
    return any(function.startswith(place) for function in test.functions)


def _modules(mutant: Mutant) -> set[str]:
    """Return the changed module, or those that load the changed statement."""
    return {mutant.path} | {place.rpartition(":")[0] for place in functions_of(mutant)}


def file_of(test: str) -> str:
    return test.split("::", maxsplit=1)[0]


def functions_of(mutant: Mutant) -> set[str]:
    """Return the functions by one of which the change is reached; none for what is no function's alone."""
    path = ROOT / mutant.path
    if path.suffix == ".py":
        spans = [span for span in _functions(path) if span[0] <= mutant.line <= span[1]]
        return {f"{mutant.path}:{max(spans)[0]}"} if spans else set()
    return {place for caller in path.parent.glob("*.py") for place in _senders(caller, path.name)}


def _senders(caller: Path, statement: str) -> set[str]:
    """Return the functions of ``caller`` that name the constant for which it loads the statement."""
    text = caller.read_text(encoding="utf-8")
    names = re.findall(rf'^(\w+)\b[^=\n]*= .*"{re.escape(statement)}"', text, re.MULTILINE)
    lines = [
        at for at, line in enumerate(text.splitlines(), 1) if any(re.search(rf"\b{name}\b", line) for name in names)
    ]
    spans = _functions(caller)
    within = {max((span for span in spans if span[0] <= at <= span[1]), default=None) for at in lines}
    return {f"{caller.relative_to(ROOT)}:{span[0]}" for span in within if span}


def _functions(path: Path) -> list[tuple[int, int]]:
    """Return the first and last line of each function, with its decorators."""
    tree = ast.parse(path.read_bytes())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        (min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.end_lineno or 0) for node in found
    ]


def _files(test: str) -> list[str]:
    if test.endswith(".py"):
        return [test]
    return [str(file.relative_to(ROOT)) for file in sorted((ROOT / test).rglob("test_*.py"))]


def _nearness(path: str, file: str) -> int:
    """Count the words of the changed file's name that are in the test's, and whether the test names its module."""
    changed = Path(path)
    words = {word for word in changed.stem.split("_") if len(word) >= WORD_CHARACTERS_MIN}
    module = ".".join(changed.with_suffix("").parts[1:])
    named = f"{module} import" in (ROOT / file).read_text(encoding="utf-8")
    shared = sum(word.removesuffix("s") in Path(file).stem for word in words)
    return 2 * shared + 2 * named + (changed.parent.name in Path(file).parts)
