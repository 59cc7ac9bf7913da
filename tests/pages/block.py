"""The blocks of a page, and the steps that they are."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PLACES = (
    "README.md",
    "SECURITY.md",
    "docs/reference/http.md",
    "docs/tutorial/*.md",
    "docs/howto/*.md",
    "docs/explanation/*.md",
)

FENCE = re.compile(r"^( *)```(\w*)\s*$")
INDENTED = re.compile(r"^ {4,}(?![*\d|] |\d+\. )\S")
COMMAND = re.compile(
    r"^(?:[A-Z_]+=\S* )*(?:(?:\.venv/bin/)?(?:backbeat|python)(?: |$)|(?:make|pip|psql|curl|export) |\\$)"
)
COMMENT = re.compile(r"\s+#(?: .*)?$")


class Block(NamedTuple):
    """Lines that stand apart on a page, without their indent."""

    language: str
    first: int
    """Where the first of them is in the page, from 0."""
    indent: str
    lines: tuple[str, ...]


class Step(NamedTuple):
    """One thing to do: a command to type, or a file or statement to use. With what is said to be printed then."""

    text: str
    language: str
    """Empty for a command, and for what an earlier command prints later, which has no text."""
    indent: str
    first: int
    """Where the first line that is printed is in the page."""
    printed: tuple[str, ...]


def pages() -> list[Path]:
    """Return the pages that tell people what to type."""
    return sorted({path for place in PLACES for path in ROOT.glob(place)})


def name(page: Path) -> str:
    """Return how a page is called here."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a page in order."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if opened := FENCE.match(lines[at]):
            end = next(place for place in range(at + 1, len(lines)) if lines[place].strip() == "```")
            yield _block(opened[2], at + 1, opened[1], lines[at + 1 : end])
            at = end + 1
        elif INDENTED.match(lines[at]) and at and not lines[at - 1].strip():
            indent = re.match(" *", lines[at])[0]  # type: ignore[index]
            end = at
            while end < len(lines) and (lines[end].startswith(indent) or not lines[end].strip()):
                end += 1
            while not lines[end - 1].strip():
                end -= 1
            yield _block("", at, indent, lines[at:end])
            at = end
        else:
            at += 1


def _block(language: str, first: int, indent: str, lines: list[str]) -> Block:
    return Block(language, first, indent, tuple(line.removeprefix(indent) for line in lines))


def steps(text: str) -> Iterator[Step]:
    """Yield what a page says to do, in order."""
    for block in blocks(text):
        if block.language:
            yield Step("\n".join(block.lines), block.language, block.indent, block.first, ())
        else:
            yield from _of_console(block)


def _of_console(block: Block) -> Iterator[Step]:
    starts = [at for at, line in enumerate(block.lines) if COMMAND.match(line)]
    if not starts or starts[0] > 0:
        yield _step(block, "", 0, starts[0] if starts else len(block.lines))
    for start, following in pairwise([*starts, len(block.lines)]):
        end = start + 1
        command = COMMENT.sub("", block.lines[start])
        while command.endswith("\\"):
            command = command.removesuffix("\\") + COMMENT.sub("", block.lines[end]).strip()
            end += 1
        yield _step(block, command, end, following)


def _step(block: Block, text: str, begin: int, end: int) -> Step:
    while begin < end and not block.lines[begin].strip():
        begin += 1
    while end > begin and not block.lines[end - 1].strip():
        end -= 1
    return Step(text, "", block.indent, block.first + begin, block.lines[begin:end])
