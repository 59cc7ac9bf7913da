"""A page with what is printed now in the place of what was."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pages.pattern import RULE, is_any
from pages.playing import Played

ALIKE_MIN = 0.4
LEFT_OUT = "..."


def rewritten(text: str, played: Sequence[Played]) -> str:
    """Return a page whose blocks show what was printed, where they did not; what they leave out stays left out."""
    lines = text.split("\n")
    for each in sorted(played, key=lambda one: one.step.first, reverse=True):
        shown = each.step.printed
        if shown and any(wrong.startswith("is not ") for wrong in each.wrong):
            end = each.step.first + len(shown)
            chosen = list(_chosen(shown, each.printed))
            lines[each.step.first : end] = [(each.step.indent + line).rstrip() for line in chosen]
    return "\n".join(lines)


def _chosen(shown: Sequence[str], printed: Sequence[str]) -> Iterator[str]:
    """Yield what was printed; where the page leaves lines out, those that are most like the page's."""
    if not any(is_any(line) for line in shown):
        yield from "\n".join(printed).strip("\n").split("\n")
        return
    at, left_out = 0, True
    for line in shown:
        if is_any(line):
            yield line
            left_out = True
            continue
        alike = {here: _likeness(line, printed[here]) for here in range(at, len(printed))}
        best = max(alike, key=lambda here: alike[here], default=None)
        if best is None or alike[best] < ALIKE_MIN:
            continue
        if best > at and not left_out:
            yield LEFT_OUT
        under = printed[best + 1 : best + 2]
        headed = [printed[best], *(rule for rule in under if RULE.match(rule))]
        yield from headed
        at, left_out = best + len(headed), False


def _likeness(shown: str, printed: str) -> float:
    if RULE.match(shown):
        return 0  # comes with what stands above it
    return SequenceMatcher(None, shown.strip().lower(), printed.strip().lower()).ratio() or float(shown == printed)
