"""What an index holds, whatever it is called: so that none is built a second time because it has another name there.

Casts, brackets and spaces are no difference: they hang on the types that a database gave its columns, and on the
version of the server that prints them.
"""

import re

import msgspec

PARTS = re.compile(
    r"CREATE (?P<unique>UNIQUE )?INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(?P<name>\S+) ON (?:ONLY )?(?P<table>\S+)"
    r"(?: USING (?P<method>\w+))? (?P<rest>\(.*)",
    re.DOTALL,
)
CAST = re.compile(r"::(?:character varying|double precision|time(?:stamp)? with(?:out)? time zone|[\w.]+)(?:\[\])?")
UNQUOTED = re.compile(r"'(?:[^']|'')*'|[^']+")


class Definition(msgspec.Struct, frozen=True):
    """What an index holds."""

    table: str
    """The table, without the schema public."""
    is_unique: bool
    """Whether it forbids rows that are alike in it."""
    method: str
    """How it is built: btree, gin."""
    keys: str
    """Its columns and expressions, and what it carries beside them, in canonical form."""
    predicate: str
    """Which rows it is of, in canonical form; empty: all."""


def of_statement(statement: str) -> Definition | None:
    """Read a statement that makes an index, one of ours or one that the server prints; None for any other."""
    found = PARTS.fullmatch(statement.strip())
    if found is None:
        return None
    keys, rest = bracketed(found["rest"])
    included, predicate = "", ""
    if rest.startswith(" INCLUDE "):
        included, rest = bracketed(rest.removeprefix(" INCLUDE "))
    if " WHERE " in rest:
        predicate = rest.partition(" WHERE ")[2]
    table = found["table"].removeprefix("public.").strip('"')
    return Definition(
        table=table,
        is_unique=bool(found["unique"]),
        method=found["method"] or "btree",
        keys=canonical(keys) + (f" include {canonical(included)}" if included else ""),
        predicate=canonical(predicate),
    )


def canonical(expression: str) -> str:
    """Return an expression without casts, brackets and spaces, in lower case but for what is quoted."""
    text = CAST.sub("", expression)
    text = re.sub(r"\bIN \(", "= ANY (", re.sub(r"\bNOT IN \(", "<> ALL (", text))
    text = re.sub(r"\bARRAY\b", "", text)
    return "".join(_plain(part) for part in UNQUOTED.findall(text))


def _plain(part: str) -> str:
    if part.startswith("'"):
        return part
    return re.sub(r'[()\[\]\s"]', "", part).lower()


def bracketed(text: str) -> tuple[str, str]:
    """Return what stands in the first brackets, and what stands behind them."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return text[text.index("(") + 1 : at], text[at + 1 :]
    return text, ""
