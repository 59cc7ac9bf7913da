"""Kinds of fields: what the rules say of all texts that can be cleared, of all truth values, and so on.

Each function returns the cells of one field on one wire pair. What a value of another type does is the rule for all
fields: it counts as not sent (4.2), unless the field says otherwise.
"""

from collections.abc import Callable
from typing import Any

from backbeat.index.reject import Code
from fields.field import ABSENT, CLEARS, KEEPS, Cell, Outcome, Sets, cell

TEXT_MAX = 5_000  # of a text without a limit of the network's; ours
WHOLE: dict[str, Any] = {"2^31": 2**31, "-2^31 - 1": -(2**31) - 1, "2^63": 2**63, "10^40": 10**40, "1e308": 1e308}
OTHERS: dict[str, Any] = {
    "a string": "x",
    "a number": 7,
    "true": True,
    "false": False,
    "a list": ["x"],
    "an empty list": [],
    "an object": {"x": 1},
    "an empty object": {},
}
IS_TEXT = {"a string"}
IS_BOOL = {"true", "false"}
IS_NUMBER = {"a number"}
IS_LIST = {"a list", "an empty list"}
IS_OBJECT = {"an object", "an empty object"}

ZERO, NOTHING, BELOW = Sets(0), Sets(0.0), Sets(-5)

Shape = Callable[[str], Any]


def as_sent(value: Any) -> Any:
    """Return the value."""
    return value


def others(own: set[str], outcome: Outcome) -> list[Cell]:
    """Return the values of all types but ``own``, which all come to the same."""
    return [cell("another type", name, value, outcome) for name, value in OTHERS.items() if name not in own]


def unsent(outcome: Outcome = KEEPS) -> Cell:
    """Return the cell of a key that is not sent."""
    return cell("not sent", "", ABSENT, outcome)


def null(outcome: Outcome) -> Cell:
    """Return the cell of an explicit null."""
    return cell("null", "", None, outcome)


def text(
    *,
    null_is: Outcome = KEEPS,
    empty_is: Outcome = KEEPS,
    other_is: Outcome = KEEPS,
    missing_is: Outcome = KEEPS,
    sample: str = "Words",
    shape: Shape = as_sent,
    most: int = TEXT_MAX,
    beyond: Code = Code.TEXT_TOO_LONG,
    letter: str = "x",
    emoji: Outcome | None = None,
) -> tuple[Cell, ...]:
    """A text of at most ``most`` code points, stored in a shape. Unstorable characters are dropped before anything."""
    return (
        cell("value", "", sample, Sets(shape(sample))),
        cell("value", "as long as may be", letter * most, Sets(shape(letter * most))),
        unsent(missing_is),
        null(null_is),
        cell("empty", "", "", empty_is),
        *others(IS_TEXT, other_is),
        cell("too long", "", letter * (most + 1), beyond),
        cell("NUL, surrogates", "NUL", f"{sample}\0", Sets(shape(sample))),
        cell("NUL, surrogates", "a surrogate", f"\ud83d{sample}", Sets(shape(sample))),
        cell("NUL, surrogates", "nothing else", "\0\udc00\0", empty_is),
        *_emoji(sample, shape, most, beyond, emoji),
    )


def _emoji(sample: str, shape: Shape, most: int, beyond: Code, emoji: Outcome | None) -> list[Cell]:
    if emoji is not None:
        return [cell("emoji", "", f"{sample}😀", emoji)]
    return [
        cell("emoji", "", f"{sample} 😀", Sets(shape(f"{sample} 😀"))),
        cell("emoji", "as many as may be", "😀" * most, Sets(shape("😀" * most))),
        cell("emoji", "one more", "😀" * (most + 1), beyond),
    ]


def sticky(**rules: Any) -> tuple[Cell, ...]:
    """A text that null and "" leave as it is."""
    return text(**rules)


def clearable(**rules: Any) -> tuple[Cell, ...]:
    """A text that null and "" clear."""
    return text(null_is=CLEARS, empty_is=CLEARS, **rules)


def erasable(**rules: Any) -> tuple[Cell, ...]:
    """A text that null clears and "" leaves as it is."""
    return text(null_is=CLEARS, **rules)


def required(code: Code, **rules: Any) -> tuple[Cell, ...]:
    """A text without which the transaction is refused."""
    return text(null_is=code, empty_is=code, other_is=code, missing_is=code, **rules)


def flag() -> tuple[Cell, ...]:
    """A truth value; nothing else counts, and nothing clears it."""
    return (
        cell("value", "true", True, Sets(True)),
        cell("value", "false", False, Sets(False)),
        unsent(),
        null(KEEPS),
        *others(IS_BOOL, KEEPS),
        cell("another type", "a word", "true", KEEPS),
        cell("another type", "one", 1, KEEPS),
    )


def whole(
    *,
    null_is: Outcome = KEEPS,
    zero_is: Outcome = ZERO,
    negative_is: Outcome = BELOW,
    other_is: Outcome = KEEPS,
    missing_is: Outcome = KEEPS,
    sample: int = 180,
    wide: dict[str, Any] | None = None,
    beyond: Outcome = Code.VALUE_OUT_OF_RANGE,
    below: Outcome | None = None,
) -> tuple[Cell, ...]:
    """A number, cut toward zero, for a column of whole numbers."""
    ranges = WHOLE if wide is None else wide
    return (
        cell("value", "", sample, Sets(sample)),
        cell("value", "with a fraction", sample + 0.9, Sets(sample)),
        unsent(missing_is),
        null(null_is),
        cell("empty", "0", 0, zero_is),
        cell("value", "below 0", -5, negative_is),
        *others(IS_NUMBER, other_is),
        cell("another type", "digits", str(sample), other_is),
        *(
            cell("out of range", name, number, below if number < 0 and below is not None else beyond)
            for name, number in ranges.items()
        ),
    )


def real(*, zero_is: Outcome = NOTHING) -> tuple[Cell, ...]:
    """A number, which null clears."""
    return (
        cell("value", "", 120, Sets(120.0)),
        cell("value", "with a fraction", 120.5, Sets(120.5)),
        cell("value", "below 0", -0.5, Sets(-0.5)),
        cell("value", "1e308", 1e308, Sets(1e308)),
        unsent(),
        null(CLEARS),
        cell("empty", "0", 0, zero_is),
        cell("empty", "0.0", 0.0, zero_is),
        *others(IS_NUMBER, KEEPS),
        cell("another type", "digits", "120", KEEPS),
        cell("out of range", "10^400", 10**400, Code.VALUE_OUT_OF_RANGE),
    )


def document(
    *,
    sample: Any,
    empty_is: Outcome = CLEARS,
    null_is: Outcome = CLEARS,
    other_is: Outcome = CLEARS,
    most: int = 250_000,
) -> tuple[Cell, ...]:
    """An object; by default null, an empty one and whatever is none clear it."""
    return (
        cell("value", "", sample, Sets(sample)),
        unsent(),
        null(null_is),
        cell("empty", "", {}, empty_is),
        *others(IS_OBJECT, other_is),
        cell("too long", "", {**sample, "x": "x" * most}, Code.DOCUMENT_TOO_LARGE),
        cell("NUL, surrogates", "", {**sample, "a\0": "b\0\ud800"}, Sets({**sample, "a": "b"})),
        cell("emoji", "", {**sample, "😀": "😀"}, Sets({**sample, "😀": "😀"})),
    )


def listed(
    *,
    sample: Any,
    stored: Any = None,
    wrong: Any = ABSENT,
    null_is: Outcome = CLEARS,
    empty_is: Outcome,
    other_is: Outcome = KEEPS,
    long: Any = None,
) -> tuple[Cell, ...]:
    """A list; by default null clears it and what is no list counts as not sent."""
    return (
        cell("value", "", sample, Sets(sample if stored is None else stored)),
        unsent(),
        null(null_is),
        cell("empty", "", [], empty_is),
        *others(IS_LIST, other_is),
        *([] if wrong is ABSENT else [cell("another type", "in the list", wrong, other_is)]),
        *([] if long is None else [cell("too long", "", long, Code.DOCUMENT_TOO_LARGE)]),
    )


def word(known: str, *, null_is: Outcome = CLEARS, other_is: Outcome = KEEPS) -> tuple[Cell, ...]:
    """One of a few words; any other counts as not sent."""
    return (
        cell("value", "", known, Sets(known)),
        cell("value", "another word", "unheard of", KEEPS),
        cell("value", "in capitals", known.swapcase(), KEEPS),
        unsent(),
        null(null_is),
        cell("empty", "", "", KEEPS),
        *others(IS_TEXT, other_is),
        cell("NUL, surrogates", "", f"{known}\0", Sets(known)),
        cell("emoji", "", f"{known}😀", KEEPS),
    )


def ignored(sample: Any) -> tuple[Cell, ...]:
    """Whatever is sent counts as not sent."""
    return (
        cell("value", "", sample, KEEPS),
        unsent(),
        null(KEEPS),
        cell("empty", "", "", KEEPS),
        *others(set(), KEEPS),
        *(cell("out of range", name, number, KEEPS) for name, number in WHOLE.items()),
    )
