"""What audits found, in lines for people."""

from backbeat.incremental.ranges import Audited, Difference, Outcome
from backbeat.observe import figures, words


def verdict(found: Audited) -> str:
    """Return what an audit comes to; of one that left rows out, as far as it went."""
    is_part = found.outcome == Outcome.CLEAN and found.unverifiable
    return words.audited(found.outcome) + (" as far as it could be checked" if is_part else "")


def reasons(found: Audited) -> list[str]:
    """Return a line for each reason why rows cannot be verified."""
    return [
        f"{figures.count(rows)} not checked: {words.unverifiable(reason)}"
        for reason, rows in found.unverifiable.items()
    ]


def difference(each: Difference) -> str:
    """Return what is wrong of a row, in a sentence."""
    key = ", ".join(f"{name} {value}" for name, value in each.key.items())
    if each.column is None:
        return f"{each.table} ({key}) {'is missing' if each.stored is None else 'should not be there'}"
    return f"{each.table} ({key}): {each.column} is {each.stored}, expected {each.expected}"
