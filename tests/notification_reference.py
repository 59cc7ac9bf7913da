"""The reference page of notifications, made from the kinds that the program makes.

``PYTHONPATH=tests python -m notification_reference`` writes the page again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from sdk_notifications import SDK_KEYS
from sql_files import SOURCE

from backbeat.notifications import NOTIFICATIONS
from backbeat.notifications.kind import Kind

PAGE = SOURCE.parent / "docs" / "reference" / "notifications.md"
CODE, TESTS = "../../src/backbeat", "../../tests"
NAME = re.compile(r"\{(\w+)\}")
HEAD = """\
# Notifications

What users are told: rows of the network's table `notification`. No two rows have the same `group_id` and `specifier`,
so what happens again is not told again. The table is made from
[`backbeat/notifications/`](../../src/backbeat/notifications/__init__.py); `<names>` stand for values.

What users do on the chain is told by the job `notifications`, from the acts that the block loop keeps. What has its
time is told by jobs of its own: `contest_notifications`, `engagement_notifications`, `listen_streak_reminder`,
`trending.notifications` and `weekly_rotation`. What other programs write (tips, purchases, payouts) and ranks of
supporters are told by triggers, in the transaction that writes them: such rows bear no block, and a reaction to a tip
follows what was told of the tip. Where the network's own triggers are there too, the first row counts; both make the
same.

| type | when | told | group_id | specifier | data | made by | tested by |
|---|---|---|---|---|---|---|---|
"""
TAIL = """
A key in brackets is not in every row; `*` is any.

## What the SDK knows

`@audius/sdk` 16.0.0 fails on a type that it does not know. Of the types above it does not know {unknown}: an answer to
it has to leave them out. It knows these, which nothing here makes:

{unmade}"""
UNMADE = {
    "fan_club_text_post": "no rule of the network that we know says who is told of which comment in a fan club",
    "remix_contest_update": "it is about a comment on a contest, and comments are on tracks and in fan clubs alone",
    "tier_change": "it follows from a user's balance, which no job keeps",
}
"""Why the types are not made that the SDK knows and nothing makes."""


def page() -> str:
    """Return the reference page."""
    made = {kind.type for kind in NOTIFICATIONS}
    return (
        HEAD
        + "".join(map(_row, sorted(NOTIFICATIONS, key=attrgetter("type", "group_id", "source"))))
        + TAIL.format(unknown=_listed(made - set(SDK_KEYS)), unmade="".join(map(_unmade, sorted(set(SDK_KEYS) - made))))
    )


def unlike(row: Mapping[str, Any]) -> str | None:
    """Tell what is wrong with a row of ``notification``: no kind is like it; None if one is."""
    kinds = _by_type().get(row["type"])
    if not kinds:
        return f"{row['type']}: no kind of that type"
    if any(_is_like(kind, row) for kind in kinds):
        return None
    return f"{row['type']}: no kind has {row['group_id']!r}, {row['specifier']!r}, {sorted(row['data'] or ())}"


def _is_like(kind: Kind, row: Mapping[str, Any]) -> bool:
    keys = set(row["data"] or ())
    return (
        _pattern(kind.group_id).fullmatch(row["group_id"]) is not None
        and _pattern(kind.specifier).fullmatch(row["specifier"]) is not None
        and set(kind.data) <= keys
        and ("*" in kind.also or keys <= {*kind.data, *kind.also, *kind.later})
    )


@cache
def _by_type() -> dict[str, tuple[Kind, ...]]:
    ordered = sorted(NOTIFICATIONS, key=attrgetter("type"))
    return {name: tuple(kinds) for name, kinds in groupby(ordered, key=attrgetter("type"))}


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return what texts of a form match: every other piece is the name of a value."""
    pieces = NAME.split(form)
    return re.compile("".join("(.+)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)))


def _row(kind: Kind) -> str:
    keys = (*(f"`{key}`" for key in kind.data), *(f"[`{key}`]" for key in (*kind.also, *kind.later)))
    cells = (
        f"`{kind.type}`",
        kind.cause,
        kind.recipients,
        f"`{_shown(kind.group_id)}`",
        f"`{_shown(kind.specifier)}`" if kind.specifier else "",
        ", ".join(keys),
        _link(CODE, kind.source),
        _link(TESTS, kind.test),
    )
    return f"| {' | '.join(cells)} |\n"


def _shown(form: str) -> str:
    return NAME.sub(r"<\1>", form)


def _link(root: str, path: str) -> str:
    return f"[`{path.rpartition('/')[2]}`]({root}/{path})"


def _unmade(name: str) -> str:
    return f"* `{name}`: {UNMADE[name]}.\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(_quoted(names)) or "none"


def _quoted(names: Iterable[str]) -> Iterator[str]:
    yield from (f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
