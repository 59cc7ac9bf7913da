"""What of a plan cannot be known while something forbids the adoption: it is left out, and that is said."""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet

import msgspec

from backbeat.adopt.refusals import key_columns_lacking
from backbeat.adopt.survey import Survey
from backbeat.adopt.wanted import Wanted

NOT_OURS_TO_PLAN = {
    "adopted_already": "All steps: the database is Backbeat's already.",
    "nothing_to_adopt": "All steps: what they begin from is not there.",
}
"""Refusals under which there is no plan at all."""
NO_CHAIN = {
    "bookkeeping_empty": "The height at which blocks go on: core_indexed_blocks is empty.",
    "chain_not_chosen": "The chain, and the height at which its blocks go on: no chain is chosen.",
}
"""Refusals under which it is not known where the last step sets the cursor; all else about it is."""


def has_no_plan(codes: Collection[str]) -> bool:
    """Tell whether no step at all can be named."""
    return any(code in NOT_OURS_TO_PLAN for code in codes)


def strangers(found: Survey, wanted: Wanted) -> AbstractSet[str]:
    """Return the tables that are there without what tells their rows apart: nobody knows what to do to them."""
    there = (table for table in wanted.tables.values() if table.name in found.columns)
    return {table.name for table in there if key_columns_lacking(found, table)}


def without(wanted: Wanted, tables: AbstractSet[str]) -> Wanted:
    """Return what is wanted but for some tables."""
    kept = {name: table for name, table in wanted.tables.items() if name not in tables}
    return msgspec.structs.replace(wanted, tables=kept)


def sentences(codes: Collection[str], unknown: AbstractSet[str]) -> Iterator[str]:
    """Yield what is left out and why; ``unknown`` are the tables of which no step is named."""
    whole = [NOT_OURS_TO_PLAN[code] for code in codes if code in NOT_OURS_TO_PLAN]
    if whole:
        yield whole[0]
        return
    yield from (NO_CHAIN[code] for code in codes if code in NO_CHAIN)
    yield from (
        f"The steps of {table}: it lacks columns by which its rows are told apart." for table in sorted(unknown)
    )
