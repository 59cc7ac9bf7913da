"""Whether what a page shows is what was printed."""

import re
from collections.abc import Callable, Sequence

ANY = re.compile(r"…|\.\.\.")
RULE = re.compile(r"^\s*─{3,}$")
UNITS = "ms|s|min|h|d|B|kB|MB|GB"
RULER = r"(?:─{3,}|-{3,}(?:\+-{3,})*)"  # ours, and psql's
TOKENS = re.compile(
    r"(?P<any>…|\.\.\.)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)"
    r"|(?P<hex>\b(?:0x)?(?=[a-f]*\d)[0-9a-f]{6,}(?:…|\b))"
    rf"|(?P<amount>\b\d[\d,]*(?:\.\d+)? (?:{UNITS})\b)"
    r"|(?P<counted>\b\d[\d,]* [a-z]+\b)"
    r"|(?P<number>\d[\d,]*(?:\.\d+)*)"
    rf"|(?P<rule>{RULER})"
    r"|(?P<blank>\s+)"
)
NUMBER = r"\d[\d,]*(?:\.\d+)*"
PATTERNS = {
    "any": ".*",
    "time": r"\d{2,4}-\d\d(?:-\d\d)?[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?",
    "hex": "(?:0x)?[0-9a-f]+…?",
    "amount": rf"{NUMBER} (?:{UNITS})",
    "number": NUMBER,
    "rule": RULER,
    "blank": r"\s+",
}
LOOSE_ALIKE = frozenset({"any", "rule", "blank"})

Wanted = Callable[[Sequence[str], int], bool]
"""Whether a line stands at a place among those that were printed."""


def differences(shown: Sequence[str], printed: Sequence[str], *, exact: bool = False, among: bool = False) -> list[str]:
    """Return the lines that are shown and were not printed in their place, and those printed that no line stands for.

    ``exact``: numbers are held to as well. ``among``: other lines may stand between.
    """
    found, at, free = [], 0, among
    for place, line in enumerate(shown):
        if is_any(line):
            free = True
            continue
        wanted = _line(shown, place, exact=exact)
        match = next((here for here in range(at, len(printed)) if wanted(printed, here)), None)
        if match is None:
            found.append(f"is not printed: {line.strip()!r}")
            continue
        if not free:
            found += [f"is not shown: {left.strip()!r}" for left in printed[at:match] if left.strip()]
        at, free = match + 1, among
    if shown and not free:
        found += [f"is not shown: {left.strip()!r}" for left in printed[at:] if left.strip()]
    return found


def is_any(line: str) -> bool:
    """Say whether a line stands for any lines."""
    return bool(ANY.fullmatch(line.strip()))


def _line(shown: Sequence[str], place: int, *, exact: bool) -> Wanted:
    line = shown[place]
    if place + 1 < len(shown) and RULE.match(shown[place + 1]):
        names = iter_cells(line)
        return lambda printed, at: _is_heading(printed, at) and _in_order(names, iter_cells(printed[at]))
    if in_table(shown, place) and not exact:
        key = iter_cells(line)[0]
        made = re.compile(rf"\s*{expression(key)}(?:\s{{2,}}.*)?")
        return lambda printed, at: in_table(printed, at) and bool(made.fullmatch(printed[at]))
    made = re.compile(rf"\s*{expression(line.strip(), exact=exact)}\s*")
    return lambda printed, at: bool(made.fullmatch(printed[at]))


def iter_cells(line: str) -> list[str]:
    """Return the texts of a line that stand two blanks or more apart."""
    return re.split(r"\s{2,}", line.strip())


def in_table(lines: Sequence[str], place: int) -> bool:
    """Say whether a line is a row: a rule stands above it, and no empty line between."""
    for line in reversed(lines[:place]):
        if RULE.match(line):
            return not RULE.match(lines[place])
        if not line.strip():
            return False
    return False


def _is_heading(lines: Sequence[str], at: int) -> bool:
    return at + 1 < len(lines) and bool(RULE.match(lines[at + 1]))


def _in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    left = iter(found)
    return all(name in left for name in wanted)


def expression(line: str, *, exact: bool = False) -> str:
    """Return the regular expression that a shown line, or a cell of one, stands for."""
    made, at = "", 0
    for token in TOKENS.finditer(line):
        kind = str(token.lastgroup)
        made += re.escape(line[at : token.start()])
        made += re.escape(token[0]) if exact and kind not in LOOSE_ALIKE else _of(kind, token[0])
        at = token.end()
    return made + re.escape(line[at:])


def _of(kind: str, text: str) -> str:
    if kind != "counted":
        return PATTERNS[kind]
    word = text.split(" ")[1]
    return rf"{NUMBER} {re.escape(word.removesuffix('s'))}s?"
