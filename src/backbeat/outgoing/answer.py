"""What another program answered, and reading it as JSON."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from backbeat.errors import OutgoingError

T = TypeVar("T")

RETRY_SECONDS_MAX: Final = 86_400.0  # a day: nobody means longer, and a wrong header must not silence us for ever
_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_SAID_CHARACTERS_MAX: Final = 100
_MENDED_ESCAPES_MAX: Final = 50_000  # which take 0.1 s
# any escape, kept as group 1 unless it is a surrogate without its other half
_LONE_SURROGATE: Final = re.compile(
    rb"(\\(?:[^u]|u(?![dD][89a-fA-F])|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class Answer(msgspec.Struct, frozen=True):
    """An answer, read whole within the bounds of who asked. A redirect is an error and none of these."""

    source: str
    """What was asked, without query and secrets, for people."""
    status: int
    """The HTTP status."""
    body: bytes
    """The bytes; empty where an answer that is no success has many."""
    content_type: str = ""
    """What the other says that they are."""
    retry_seconds: float = 0.0
    """How long the other asks us to wait, at most a day; 0: it does not."""

    @property
    def is_success(self) -> bool:
        """The status is one of 200 to 299."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own classes

    def json(self, kind: type[T]) -> T:
        """Return the body as ``kind``. A lone surrogate, which some writers of JSON let through, is left out.

        Raises OutgoingError: ``outgoing_refused`` for a status that is no success, ``outgoing_unreadable`` for a body
        that is no JSON or another.
        """
        if not self.is_success:
            raise self._refused()
        try:
            return _decoded(self.body, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise OutgoingError(
                "outgoing_unreadable",
                f"{self.source} answers what cannot be read ({said(self.content_type) or 'of no type'}): {error}",
                cure="Check that the address is that of the service itself, not of a page or a gateway before it.",
                status=self.status,
            ) from error

    def _refused(self) -> OutgoingError:
        return OutgoingError(
            "outgoing_refused",
            f"{self.source} answers with status {self.status}.",
            cure=_CURES.get(self.status) or _CURES.get(self.status // 100) or _OTHERWISE,
            status=self.status,
            retry_seconds=self.retry_seconds,
        )


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError:
        if b"\\u" not in body or body.count(b"\\") > _MENDED_ESCAPES_MAX:
            raise
    return msgspec.json.decode(_LONE_SURROGATE.sub(rb"\1", body), type=kind)


COME_SLOWLY: Final = "Nothing: it asks us to come more slowly, and we do."
_OTHERWISE: Final = "Check the address in the settings, and whether the service still offers this."
_CURES: Final = {  # by status, or by its class
    HTTPStatus.UNAUTHORIZED: "Check the key in the settings, whether the service knows it, and this machine's time.",
    HTTPStatus.FORBIDDEN: "Check the key in the settings, and whether the service lets it in.",
    HTTPStatus.TOO_MANY_REQUESTS: COME_SLOWLY,
    5: "Nothing, if it passes; otherwise tell who runs the service.",
}


def retry_seconds(header: str, now: datetime) -> float:
    """Return how long a ``Retry-After`` asks to wait: seconds, or until a date; 0 for what is neither."""
    if _SECONDS.fullmatch(header):
        return min(float(header), RETRY_SECONDS_MAX)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), RETRY_SECONDS_MAX)


def said(text: str) -> str:
    """Return words of another program as one short line that can be kept and shown."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:_SAID_CHARACTERS_MAX])
