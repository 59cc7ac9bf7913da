"""Changes to SQL: locks, comparisons, conditions, numbers, joins, assignments; of scripts only functions and views."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pglast
from mutants.mutant import ROOT, Mutant
from sql_files import SqlFile, plain

TOKEN = re.compile(
    r"""(?P<skip>--[^\n]*|/\*.*?\*/|\s+) | (?P<text>'(?:[^']|'')*') | (?P<quoted>"[^"]*") | (?P<tag>\$\w*\$)
    | (?P<value>%\(\w+\)[sbt]|%[sbt]|%%|\{\w+\}) | (?P<number>\d+(?:\.\d+)?) | (?P<word>[^\W\d][\w$]*)
    | (?P<sign><>|<=|>=|!=|::|:=|=>|->>|->|\|\||[^\w\s])""",
    re.VERBOSE | re.DOTALL,
)
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) ([\w.]+)", re.IGNORECASE)
FLIPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "<>": "=", "=": "<>"}
SWAPPED = {"greatest": "least", "least": "greatest", "min": "max", "max": "min"}
LOCKS = ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE")
CONDITIONS = {"WHERE", "AND", "HAVING", "ON"}
CONDITION_ENDS = {
    *("AND", "OR", "GROUP", "ORDER", "LIMIT", "OFFSET", "RETURNING", "FOR", "UNION", "EXCEPT", "INTERSECT", "HAVING"),
    *("WINDOW", "LEFT", "JOIN", "CROSS", "INNER", "FULL", "WHERE", "THEN", "SET", "ON", "WHEN", "AS", "LOOP", ";", ","),
}
CLAUSES = {"SELECT", "SET", "WHERE", "ON", "HAVING", "VALUES", "RETURNING", "FROM", "WHEN", "THEN", "ELSE", "IF"}
NOT_AFTER = {"DISTINCT", "NULL", "MATERIALIZED", "VALID", "MATCHED", "DEFERRABLE"}


class Token(NamedTuple):
    """A token, the depth of parentheses around it, and where it stands in characters."""

    text: str
    kind: str
    start: int
    end: int
    depth: int

    @property
    def word(self) -> str:
        return self.text.upper()


def sql_mutants(path: str, source: bytes) -> list[Mutant]:
    """Return every change to the file; see :func:`parses`."""
    text = source.decode()
    file = SqlFile(ROOT / path)
    regions = _functions(text) if file.is_script and not file.is_view else [(0, len(text))]
    found = []
    for start, end in regions:
        for change in _changes(_tokens(text[start:end])):
            at = (len(text[: start + change[0]].encode()), len(text[: start + change[1]].encode()))
            found.append(Mutant(path, *at, *change[2:]))
    return list(dict.fromkeys(found))


def parses(path: str, source: bytes) -> bool:
    """Tell whether PostgreSQL's grammar takes the file; it does not look into functions."""
    text = source.decode()
    try:
        pglast.parse_sql(text if SqlFile(ROOT / path).is_script else plain(text)[0])
    except pglast.Error:
        return False
    return True


def _functions(text: str) -> list[tuple[int, int]]:
    """Return where the bodies of the functions are."""
    bodies = []
    for function in FUNCTION.finditer(text):
        tag = re.compile(r"\$\w*\$").search(text, function.end())
        if tag:
            bodies.append((tag.end(), text.index(tag[0], tag.end())))
    return bodies


def _tokens(text: str) -> list[Token]:
    depth, tokens = 0, []
    for found in TOKEN.finditer(text):
        if found.lastgroup == "skip":
            continue
        depth -= found[0] == ")"
        tokens.append(Token(found[0], str(found.lastgroup), found.start(), found.end(), depth))
        depth += found[0] == "("
    return tokens


Change = tuple[int, int, str, str]


def _changes(tokens: list[Token]) -> Iterator[Change]:
    for at, token in enumerate(tokens):
        if token.kind == "word":
            yield from _of_word(tokens, at)
        elif token.kind == "number":
            yield token.start, token.end, _more(token.text), "number"
        elif token.text in FLIPPED and not _assigns(tokens, at):
            yield token.start, token.end, FLIPPED[token.text], "comparison"
        elif token.text in {"+", "-"} and at and (tokens[at - 1].kind != "sign" or tokens[at - 1].text in {")", "]"}):
            yield token.start, token.end, "-" if token.text == "+" else "+", "arithmetic"


def _of_word(tokens: list[Token], at: int) -> Iterator[Change]:
    token, word = tokens[at], tokens[at].word
    words = [each.word for each in tokens[at + 1 : at + 6]] + [""] * 5
    yield from _locks(tokens, at, words)
    if word in CONDITIONS and not (word == "ON" and words[0] == "CONFLICT"):
        yield from _conditions(tokens, at)
    if word in {"AND", "OR"} and not _ends_between(tokens, at):
        yield token.start, token.end, "OR" if word == "AND" else "AND", "and, or"
    if word == "SET" and words[0] != "LOCAL":
        yield from _assignments(tokens, at)
    if word == "IS" and words[:2] == ["DISTINCT", "FROM"]:
        yield token.start, tokens[at + 2].end, "<>", "null compared"
    if word == "IS" and words[:3] == ["NOT", "DISTINCT", "FROM"]:
        yield token.start, tokens[at + 3].end, "=", "null compared"
    if word == "NOT" and not (words[0] in NOT_AFTER and tokens[at - 1].word != "IS") and tokens[at - 1].word != "IF":
        yield token.start, tokens[at + 1].start, "", "not dropped"
    if word in {"TRUE", "FALSE"}:
        yield token.start, token.end, "false" if word == "TRUE" else "true", "truth"
    if token.text.lower() in SWAPPED and words[0] == "(":
        yield token.start, token.end, SWAPPED[token.text.lower()], "function swapped"
    if word == "INTERVAL" and tokens[at + 1].kind == "text":
        literal = tokens[at + 1]
        yield literal.start, literal.end, re.sub(r"\d+", lambda found: _more(found[0]), literal.text, count=1), "number"
    yield from _shape(tokens, at, words)


def _shape(tokens: list[Token], at: int, words: list[str]) -> Iterator[Change]:
    token, after = tokens[at], tokens[at + 1].start if at + 1 < len(tokens) else tokens[at].end
    if token.word == "LEFT" and words[0] == "JOIN":
        yield token.start, after, "", "outer join"
    if token.word == "UNION" and words[0] == "ALL":
        yield token.start, tokens[at + 1].end, "UNION", "duplicates"
    if token.word == "DISTINCT" and words[0] not in {"FROM", "ON"}:
        yield token.start, after, "", "duplicates"
    if token.word == "DESC":
        yield token.start, token.end, "", "order"


def _locks(tokens: list[Token], at: int, words: list[str]) -> Iterator[Change]:
    token = tokens[at]
    if token.word == "FOR":
        for lock in LOCKS:
            count = len(lock.split())
            if " ".join(words[:count]) == lock:
                yield token.start, tokens[at + count].end, "", "lock"
    if token.word == "SKIP" and words[0] == "LOCKED":
        yield token.start, tokens[at + 1].end, "", "lock"


def _conditions(tokens: list[Token], at: int) -> Iterator[Change]:
    """Leave out the condition that begins after ``at``."""
    if tokens[at].word == "AND" and _ends_between(tokens, at):
        return
    end, between = at, False
    for index in range(at + 1, len(tokens)):
        token = tokens[index]
        if token.depth < tokens[at].depth:
            break
        if token.depth == tokens[at].depth:
            if token.word in CONDITION_ENDS and not (between and token.word == "AND"):
                break
            between = (between or token.word == "BETWEEN") and token.word != "AND"
        end = index
    if end > at and "CASE" not in {token.word for token in tokens[at + 1 : end + 1] if token.depth == tokens[at].depth}:
        yield tokens[at + 1].start, tokens[end].end, "true", "condition dropped"


def _assignments(tokens: list[Token], at: int) -> Iterator[Change]:
    depth = tokens[at].depth
    commas, end = [], len(tokens)
    for index in range(at + 1, len(tokens)):
        token = tokens[index]
        if token.depth < depth or (token.depth == depth and token.word in {"FROM", "WHERE", "RETURNING", ";"}):
            end = index
            break
        if token.depth == depth and token.text == ",":
            commas.append(index)
    if commas:
        yield tokens[at + 1].start, tokens[commas[0] + 1].start, "", "assignment left out"
    for comma, following in pairwise([*commas, end]):
        yield tokens[comma].start, tokens[following - 1].end, "", "assignment left out"


def _ends_between(tokens: list[Token], at: int) -> bool:
    for token in reversed(tokens[:at]):
        if token.depth < tokens[at].depth or (token.depth == tokens[at].depth and token.word in CONDITION_ENDS):
            return False
        if token.depth == tokens[at].depth and token.word == "BETWEEN":
            return True
    return False


def _assigns(tokens: list[Token], at: int) -> bool:
    """Tell whether the sign is the one of ``SET column = value``, or of a declaration."""
    if tokens[at].text != "=":
        return False
    depth, is_first = tokens[at].depth, True
    for token in reversed(tokens[:at]):
        if token.depth < depth or (token.depth == depth and token.text == "=" and is_first):
            return False
        if token.depth == depth and (token.word in CLAUSES or token.word == ";"):
            return token.word == "SET"
        is_first = is_first and not (token.depth == depth and token.text == ",")
    return False


def _more(number: str) -> str:
    return str(float(number) + 1) if "." in number else str(int(number) + 1)
