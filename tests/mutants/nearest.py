"""The order in which an area's tests meet a change: first the files that speak of the changed file."""

from pathlib import Path

from mutants.mutant import ROOT

WORD_CHARACTERS_MIN = 4  # "of" and "run" are in the names of tests of everything


def nearest_first(path: str, tests: tuple[str, ...]) -> list[str]:
    """Return the test files of ``tests`` (files and folders), those nearest to ``path`` first, else as given."""
    files = dict.fromkeys(file for test in tests for file in _files(test))
    return sorted(files, key=lambda file: -_nearness(path, file))


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
