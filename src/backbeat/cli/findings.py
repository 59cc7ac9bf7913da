"""What audits found, in lines for people."""

from backbeat.incremental.ranges import Audited, Difference
from backbeat.observe import figures, words


def reasons(found: Audited) -> list[str]:
    """Return a line for each reason why rows cannot be verified."""
    return [
        f"{figures.count(rows)} unverifiable: {words.unverifiable(reason)}"
        for reason, rows in found.unverifiable.items()
    ]


def difference(each: Difference) -> str:
    """Return what is wrong of a row, in a sentence."""
    key = ", ".join(f"{name} {value}" for name, value in each.key.items())
    if each.column is None:
        return f"{each.table} ({key}) {'is missing' if each.stored is None else 'should not be there'}"
    return f"{each.table} ({key}): {each.column} is {each.stored}, expected {each.expected}"
