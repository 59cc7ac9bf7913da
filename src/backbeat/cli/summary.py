"""What the database holds at the end of a run."""

import sys

import msgspec

from backbeat.cli.listing import Listing
from backbeat.cli.show import show as print_parts
from backbeat.codes import Outcome
from backbeat.index.summary import Summary
from backbeat.observe import figures


def show(summary: Summary | None, *, as_json: bool) -> None:
    """Print what the database holds: a table for people, one line of JSON for programs, nothing if it did not say."""
    if summary is None:
        return
    if as_json:
        sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
        return
    rows = [
        (kind, *(figures.count(getattr(outcomes, name)) for name in Outcome))
        for kind, outcomes in [*sorted(summary.transactions.by_kind.items()), ("all", summary.transactions)]
    ]
    headings = ("Transactions", *(str(name).capitalize() for name in Outcome))
    print_parts(
        f"Block {figures.count(summary.height)} of {summary.chain_id}", Listing(headings, rows, right=headings[1:])
    )
    if reasons := sorted(summary.transactions.by_reason.items(), key=lambda item: -item[1]):
        told = [(reason, figures.count(number)) for reason, number in reasons]
        print_parts(Listing(("Rejected because", "Transactions"), told, right=("Transactions",)))
    print_parts(f"{figures.count(summary.plays)} plays")
