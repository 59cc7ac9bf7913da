"""Cuts a script into statements where PostgreSQL would: not within quotes, dollar quotes or comments."""

import re
from collections.abc import Iterator

# The body of CREATE FUNCTION ... BEGIN ATOMIC is not understood; write such bodies between dollar quotes.
_TOKEN = re.compile(
    r"""
      \b[eE]'(?:[^'\\]|\\.|'')*'           # a string with escapes
    | '(?:[^']|'')*'                       # a string
    | "(?:[^"]|"")*"                       # an identifier
    | (?<![\w$])\$((?:[^\W\d]\w*)?)\$ .*? \$\1\$  # a dollar-quoted body
    | --[^\n]*                             # a comment
    | /\*                                  # a comment that may hold others
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_COMMENT = re.compile(r"/\*|\*/")


def split(script: str) -> Iterator[str]:
    """Yield each statement of ``script`` without its semicolon; stretches of mere comments are left out."""
    start = position = 0
    code = ""  # of the statement so far, without comments
    while token := _TOKEN.search(script, position):
        code += script[position : token.start()]
        position = token.end()
        if token[0] == "/*":
            position = _after_block_comment(script, position)
        elif token[0] == ";":
            if code.strip():
                yield script[start : token.start()].strip()
            start, code = position, ""
        elif not token[0].startswith("--"):
            code += token[0]
    if (code + script[position:]).strip():
        yield script[start:].strip()


def _after_block_comment(script: str, position: int) -> int:
    depth = 1
    while depth and (edge := _BLOCK_COMMENT.search(script, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(script) if depth else position
