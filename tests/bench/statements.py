"""Statements by name: each is called after the file of the program that it stands in.

The server tells of them in its log, ``log_statement = all``, one line for each that a client sent, in the order in
which they were executed. Those within functions and triggers are not among them; BEGIN and COMMIT are.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import msgspec

from bench.home import OBSERVER, Home

VALUE = re.compile(r"%%?(?:\(\w+\))?[sbt]|\$\d+")
# a name's place in a template, once it is escaped; what stands there may be empty
PLACE = re.compile(r"(?:\\ )?(?<!\{)\\\{\w+\\\}(?!\})(?:\\ )?")
HAS_PLACE = re.compile(r"(?<!\{)\{\w+\}(?!\})")
COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
CONTROL = re.compile(r"^(BEGIN|COMMIT|ROLLBACK TO|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
SENT = re.compile(r"^(?:statement|execute [^:]*): (.*)", re.DOTALL)
NOT_MEASURED = {"migrations", "schema", "network_shapes", "adopt"}
"""Folders of statements that no program runs while it is measured."""
TOGETHER = {"WITH asked_0 AS": "db/together: questions", "WITH done_0 AS": "db/together: writes"}
HEAD_CHARACTERS = 60
# what stands in the place of a value: itself, where the program keeps a plan for it
CONSTANT = r"(?:\?|'(?:[^']|'')*'| ?-?\d+(?:\.\d+)?)"
RELOAD_SECONDS = 1.0  # idle sessions take a setting up at once, busy ones with the next statement
LOGGED = {"log_destination": "jsonlog", "log_statement": "all", "log_parameter_max_length": "0"}


BEGINS, ENDS = "SELECT 'counting begins'", "SELECT 'counting ends'"


class Entry(msgspec.Struct):
    """A line of the server's log."""

    message: str = ""
    application_name: str = ""


class Names:
    """What the statements of the program in ``source``, the folder of its package, are called."""

    def __init__(self, source: Path) -> None:
        self._plain: dict[str, str] = {}
        self._templates: list[tuple[re.Pattern[str], str]] = []
        for path in sorted(source.rglob("*.sql")):
            parts = path.relative_to(source).parts
            if NOT_MEASURED.isdisjoint(parts[:-1]):
                self._add(path.read_text(encoding="utf-8"), "/".join(parts).removesuffix(".sql"))
        self.of = cache(self._of)

    def _add(self, text: str, name: str) -> None:
        is_template = HAS_PLACE.search(text) is not None
        even = _even(text.replace("{{", "{").replace("}}", "}") if is_template else text)
        pattern = re.escape(even).replace(r"\?", CONSTANT)
        if is_template:
            pattern = PLACE.sub(".*?", pattern)
        else:
            self._plain[even] = name
        self._templates.append((re.compile(pattern, re.DOTALL), name))

    def _of(self, text: str) -> str:
        if control := CONTROL.match(text):
            return control[1].upper()
        even = _even(text)
        found = self._plain.get(even) or next((name for head, name in TOGETHER.items() if even.startswith(head)), None)
        templates = (name for pattern, name in self._templates if pattern.fullmatch(even))
        return found or next(templates, None) or self._part(even) or even[:HEAD_CHARACTERS]

    def _part(self, even: str) -> str:
        """Return the name of the longest file whose text is a part of the statement, empty if there is none."""
        return max(((len(text), name) for text, name in self._plain.items() if text in even), default=(0, ""))[1]


def _even(text: str) -> str:
    """Return a statement with all its values alike, as it stands in its file and as it is sent."""
    return " ".join(VALUE.sub("?", COMMENT.sub("", text)).replace("%%", "%").split())


class Sent(msgspec.Struct):
    """What clients sent within ``blocks`` blocks, by the session's application_name and the statement's name."""

    blocks: int = 0
    counts: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)

    def __add__(self, other: "Sent") -> "Sent":
        """Return both together."""
        return Sent(self.blocks + other.blocks, self.counts + other.counts)

    def per_block(self, *, control: bool) -> float:
        """Return how many statements it took a block, with or without those that begin and end transactions."""
        wanted = (count for (_, name), count in self.counts.items() if control or not CONTROL.match(name))
        return sum(wanted) / max(1, self.blocks)


@asynccontextmanager
async def sent(home: Home) -> AsyncIterator[Sent]:
    """Yield what clients will have sent to the home's server, from one block's commit to another's."""
    found = Sent()
    for name, value in LOGGED.items():
        await home.observer.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
    await _reload(home)
    try:
        found.blocks -= await home.next_height()
        await home.observer.execute(BEGINS.encode())
        yield found
        found.blocks += await home.next_height()
        await home.observer.execute(ENDS.encode())
        where = "SELECT current_setting('data_directory') || '/' || pg_current_logfile('jsonlog')"
        log = Path(await home.one(where))
    finally:
        await home.observer.execute("ALTER SYSTEM RESET ALL")
        await _reload(home)
    found.counts = _counted(log, Names(home.program.source))


async def _reload(home: Home) -> None:
    await home.observer.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(RELOAD_SECONDS)


def _counted(log: Path, names: Names) -> Counter[tuple[str, str]]:
    """Count what stands between the last two marks of ours, but for what the observer sent."""
    counts: Counter[tuple[str, str]] = Counter()
    is_between = False
    with log.open("rb") as lines:
        for line in lines:
            entry = msgspec.json.decode(line, type=Entry)
            text = SENT.match(entry.message)
            if text is None:
                continue
            if entry.application_name != OBSERVER:
                counts[entry.application_name, names.of(text[1])] += is_between
            elif text[1] == BEGINS:  # what was counted in an earlier turn is in the same file
                is_between = True
                counts.clear()
            elif text[1] == ENDS:
                is_between = False
    return +counts
