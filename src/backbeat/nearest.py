"""What a person may have meant who wrote a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches

NAMED_MAX = 12  # names that a sentence may list

CUTOFF = 0.55  # below, what is offered has little to do with what was written
BEGINNING_MIN = 3  # characters of a name's beginning that say which is meant


def meant(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean X? `` for the nearest of the names that exist, or nothing where none is near."""
    by_form = {each.casefold(): each for each in known}
    form = name.casefold()
    begun = [each for each in by_form if len(form) >= BEGINNING_MIN and each.startswith(form)]
    near = get_close_matches(form, by_form, n=1, cutoff=CUTOFF) or begun[:1]
    return f"Did you mean {by_form[near[0]]}? " if near else ""


def or_listed(name: str, known: Iterable[str], *, listed: str, what: str) -> str:
    """Return a cure: the nearest name, and all names where they are few; ``listed`` is where all can be read."""
    names = list(known)
    few = f"There are {', '.join(names)}." if 0 < len(names) <= NAMED_MAX else f"{listed} lists {what}."
    return meant(name, names) + few
