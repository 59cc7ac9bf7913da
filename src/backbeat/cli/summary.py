"""What the database holds at the end of a run."""

import sys

import msgspec
from rich.console import Console
from rich.table import Table

from backbeat.codes import Outcome
from backbeat.index.summary import Summary


def show(summary: Summary | None, *, as_json: bool) -> None:
    """Print what the database holds: a table for people, one line of JSON for programs, nothing if it did not say."""
    if summary is None:
        return
    if as_json:
        sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
        return
    table = Table("Transactions", title=f"Block {summary.height:,} of {summary.chain_id}", title_justify="left")
    for name in Outcome:
        table.add_column(name, justify="right")
    rows = [*sorted(summary.transactions.by_kind.items()), ("all", summary.transactions)]
    for kind, outcomes in rows:
        table.add_row(kind, f"{outcomes.applied:,}", f"{outcomes.rejected:,}", f"{outcomes.ignored:,}")
    reasons = Table("Rejected because", "Transactions")
    reasons.columns[1].justify = "right"
    for reason, count in sorted(summary.transactions.by_reason.items(), key=lambda item: -item[1]):
        reasons.add_row(reason, f"{count:,}")
    console = Console()
    console.print(table)
    if summary.transactions.by_reason:
        console.print(reasons)
    console.print(f"{summary.plays:,} plays")
