"""`backbeat challenges export`: completed rewards with the events that earned them, for who pays them."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backbeat.cli.connection import connect
from backbeat.cli.rewards_file import CsvFile, ParquetFile, RewardsFile
from backbeat.cli.usage import named
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import without_zone
from backbeat.errors import ArgumentError
from backbeat.observe import figures
from backbeat.reads.evidence.export import Reward, Span, rewards
from backbeat.reads.evidence.lines import Line, line
from backbeat.settings_layers import Loaded

BLOCK_DIGITS_MAX = 10


class Format(StrEnum):
    """How rewards are written."""

    CSV = "csv"
    PARQUET = "parquet"


class Summary(msgspec.Struct, kw_only=True):
    """What was written."""

    format: str
    """How: csv or parquet."""
    output: str | None
    """The file."""
    rewards: int = 0
    """How many rewards."""
    amount: int = 0
    """Of how many AUDIO."""
    events: int = 0
    """How many events bear on them."""
    unexplained: int = 0
    """Rewards of which no event is on record."""
    by_challenge: Counter[str] = msgspec.field(default_factory=Counter)
    """How many rewards of each challenge."""

    def count(self, page: list[Reward]) -> None:
        """Add a page of rewards."""
        self.rewards += len(page)
        self.amount += sum(each.earned.amount for each in page)
        self.events += sum(len(each.events) for each in page)
        self.unexplained += sum(not each.events for each in page)
        self.by_challenge.update(each.earned.challenge_id for each in page)


From = Annotated[
    str | None,
    typer.Option("--from", help="The first block, or the instant in UTC from which on.", show_default=False),
]
To = Annotated[
    str | None, typer.Option("--to", help="The last block, or the instant until before which.", show_default=False)
]
How = Annotated[Format, typer.Option("--format", help="How to write them.")]
Output = Annotated[
    Path | None,
    typer.Option(callback=named, help="The file to write; without it, standard output.", dir_okay=False),
]


@verb
async def export(
    loaded: Loaded,
    begin: From = None,
    end: To = None,
    how: How = Format.CSV,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Write completed rewards with the events that earned them, in order of their block."""
    if output is None and (as_json or how is Format.PARQUET):
        raise ArgumentError(
            "argument_invalid",
            "Standard output takes rewards as CSV, and nothing beside them.",
            cure="Name a file with --output.",
        )
    span = _span(begin, end)
    summary = Summary(format=how.value, output=str(output) if output else None)
    async with connect(loaded, start=True) as connection:
        with _file(how, output) as file:
            async for lines in _lines(rewards(connection, span), summary):
                file.write(lines)
    if as_json:
        print_json(summary)
    else:
        sys.stderr.write(_told(summary))


async def _lines(pages: AsyncIterator[list[Reward]], summary: Summary) -> AsyncIterator[list[Line]]:
    async for page in pages:
        summary.count(page)
        yield [line(each) for each in page]


@contextmanager
def _file(how: Format, output: Path | None) -> Iterator[RewardsFile]:
    """Lend what rewards are written to. A file gets its name once it is whole."""
    if output is None:
        yield CsvFile(sys.stdout)
        sys.stdout.flush()
        return
    if output.exists() and not output.is_file():
        raise _not_written(output, "it is there, and is no ordinary file")  # a device would be gone
    part = output.with_name(f"{output.name}.part")
    try:
        with _told_of(output):
            if how is Format.PARQUET:
                with ParquetFile(part) as file:
                    yield file
            else:
                with part.open("w", encoding="utf-8", newline="") as target:
                    yield CsvFile(target)
            part.replace(output)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _told_of(output: Path) -> Iterator[None]:
    """Have a file that cannot be written end as an ArgumentError."""
    try:
        yield
    except OSError as error:
        raise _not_written(output, error.strerror or str(error)) from error


def _not_written(output: Path, why: str) -> ArgumentError:
    return ArgumentError(
        "output_not_written",
        f"There is no writing to the file {str(output)!r}: {why}",
        cure="Name another one with --output.",
    )


def _span(begin: str | None, end: str | None) -> Span:
    first, last = _edge(begin), _edge(end)
    return Span(
        from_block=first if isinstance(first, int) else None,
        to_block=last if isinstance(last, int) else None,
        from_time=first if isinstance(first, datetime) else None,
        to_time=last if isinstance(last, datetime) else None,
    )


def _edge(text: str | None) -> int | datetime | None:
    """Return a block or an instant. Raises ArgumentError for neither."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= BLOCK_DIGITS_MAX:
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(
            "argument_invalid",
            f"{text[:100]!r} is neither a block nor an instant.",
            cure="Write a number, a date as in 2026-11-30, or an instant as in 2026-11-30T12:00:00Z.",
        ) from error
    return without_zone(instant) if instant.tzinfo else instant


def _told(summary: Summary) -> str:
    unexplained = f", {summary.unexplained} of them without an event on record" if summary.unexplained else ""
    return (
        f"{figures.plural(summary.rewards, 'reward')} of {figures.count(summary.amount)} AUDIO with "
        f"{figures.plural(summary.events, 'event')}{unexplained}.\n"
    )
