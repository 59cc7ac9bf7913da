"""Figures as people read them: on the page, in headlines and on a terminal."""

from datetime import datetime

NOTHING = "\N{EN DASH}"
_WHOLE_FROM = 100  # a figure with three digits needs none after the point
_TENTHS_UNTIL = 10.0
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_PAIRS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1.0, "s"))
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def count(value: float | None) -> str:
    """Return a whole number with thousands separators; a dash for None."""
    return NOTHING if value is None else f"{value:,.0f}"


def rate(per_second: float | None) -> str:
    """Return a rate with as many digits as say something."""
    if per_second is None:
        return NOTHING
    return f"{per_second:,.0f}" if per_second >= _WHOLE_FROM or per_second == 0 else f"{per_second:.1f}"


def span(seconds: float | None) -> str:
    """Return a length of time in its two largest units; a dash for None."""
    if seconds is None:
        return NOTHING
    for unit, name, part, part_name in _PAIRS:
        if seconds >= unit:
            return f"{seconds // unit:,.0f} {name} {seconds % unit // part:.0f} {part_name}"
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if 0 < seconds < _TENTHS_UNTIL else f"{max(seconds, 0.0) // 1:.0f} s"


def about(seconds: float | None) -> str:
    """Return a length of time in its largest unit alone; a dash for None."""
    if seconds is None:
        return NOTHING
    for unit, name, _, _ in _PAIRS:
        if seconds >= unit:
            return f"{seconds // unit:,.0f} {name}"
    return span(seconds)


def to_go(seconds: float | None) -> str:
    """Return how long something takes still; nothing for less than a second, which is over when it is read."""
    return f"about {span(seconds)} to go" if seconds is not None and seconds >= 1 else ""


def cadence(seconds: float) -> str:
    """Return an interval as it would be set: ``30 s``, ``10 min``, ``1 h``."""
    for unit, name, _, _ in _PAIRS:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:g} s"


def size(value: float | None) -> str:
    """Return a number of bytes in its largest unit (powers of 1000)."""
    if value is None:
        return NOTHING
    for unit, name in _SIZES:
        if value >= unit:
            return f"{rate(value / unit)} {name}"
    return f"{value:.0f} bytes"


def moment(value: datetime | None) -> str:
    """Return an instant to the second, in UTC as everything here is."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M:%S}"


def first_line_of(text: str) -> str:
    """Return the first line of an error; in those behind it the server shows the place in a statement."""
    return text.partition("\n")[0]


def plural(number: int, noun: str) -> str:
    """Return ``1 job``, ``2 jobs``."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"
