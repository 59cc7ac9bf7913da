"""The many ways in which clients write a date (domain: chain and entities, 5.2.11 and 5.6.1)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - block times are naive UTC

ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?", re.ASCII | re.IGNORECASE
)
JAVASCRIPT = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4}", re.ASCII)
UNIX = re.compile(r"-?\d{1,12}", re.ASCII)

Reader: TypeAlias = Callable[[str], datetime]


def parse_release_date(text: str) -> datetime | None:
    """Return the moment as naive UTC, None if the text is no date or one that the calendar does not have.

    Without a zone it is UTC.
    """
    return _parse(text, FORMS)


def parse_iso_date(text: str) -> datetime | None:
    """Return the moment as :func:`parse_release_date` does, for those who write ISO 8601 and nothing else."""
    return _parse(text, {ISO: _iso})


def _parse(text: str, forms: Mapping[re.Pattern[str], Reader]) -> datetime | None:
    for form, read in forms.items():
        if form.fullmatch(text):
            try:
                return read(text)
            except (ValueError, OverflowError):
                return None
    return None


def _iso(text: str) -> datetime:
    return _utc(datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", "")))


def _javascript(text: str) -> datetime:
    return _utc(datetime.strptime(text, "%a %b %d %Y %H:%M:%S GMT%z"))


def _unix(text: str) -> datetime:
    return EPOCH + timedelta(seconds=int(text))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


FORMS: Mapping[re.Pattern[str], Reader] = {ISO: _iso, JAVASCRIPT: _javascript, UNIX: _unix}
