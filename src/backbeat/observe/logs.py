"""Logs to standard error: lines for people on a terminal, one JSON object per line otherwise; secrets never.

Every part logs with :func:`structlog.get_logger`; the standard library's loggers and warnings come out the same way.
"""

import logging
import re
import sys
from collections.abc import Collection
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backbeat import masking
from backbeat.masking import MASK, SECRET_NAME, mask, secrets_in
from backbeat.settings import LogSettings, Settings
from backbeat.settings_layers import flat

_FIRST = ("timestamp", "level", "event")  # what every line has, where the eye looks for it
# all but tab and line feed; what parts lines elsewhere; what turns the direction of the text behind it
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_QUIET = {
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "psycopg.pool": logging.ERROR,  # its warnings are each try to connect, of which we tell in our own words
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}
"""From which level on others are heard, unless everything is; their information is our debugging."""


def configure(settings: LogSettings, *, secrets: Collection[str] = (), stream: TextIO | None = None) -> None:
    """Send all logs to ``stream`` (standard error by default) as ``settings`` say; calling again replaces the set-up.

    ``secrets`` are literal values that must not appear anywhere, whatever field they arrive in.
    """
    out = sys.stderr if stream is None else stream
    human = settings.format == "human" or (settings.format == "auto" and out.isatty())
    masking.keep([*secrets, *masking.secrets_of_environment()])
    shared = _shared()
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out) if stream is not None else _ToStandardError()
    handler.setFormatter(_formatter(shared, human=human, colors=human and out.isatty()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(level, least) if level > logging.DEBUG else level)
    logging.captureWarnings(capture=True)


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment: a line that is redrawn there puts itself in between."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Where the next line goes."""
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Stay with standard error."""


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the literal secrets in ``settings``: the operator token, the delegate's key, and those in any address."""
    values = flat(settings, masked=False)
    addresses = {str(value) for value in values.values() if "://" in str(value)} | {settings.database.url}
    found = (secret for address in sorted(addresses) for secret in secrets_in(address))
    digits = settings.jobs.delegate_private_key.strip().removeprefix("0x")
    known = (settings.web.token, settings.jobs.delegate_private_key, digits, digits.lower(), digits.upper(), *found)
    return tuple(dict.fromkeys(value for value in known if value))


def visible(text: str) -> str:
    """Spell out control characters, which in text that others wrote could paint over a terminal, or turn it round."""
    return _CONTROL.sub(lambda found: _spelled(ord(found.group())), text)


def _spelled(character: int) -> str:
    return f"\\x{character:02x}" if character < 0x100 else f"\\u{character:04x}"  # noqa: PLR2004 - what two digits tell


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _masked,
    ]


def _formatter(shared: list[Processor], *, human: bool, colors: bool) -> logging.Formatter:
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
        if human
        else structlog.processors.JSONRenderer(serializer=_to_json)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _drop_ansi_twin, renderer],
    )


def _drop_ansi_twin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn sends its messages twice
    return event


def _to_json(event: dict[str, Any], **_: Any) -> str:
    ordered = {name: event[name] for name in _FIRST if name in event} | event
    return msgspec.json.encode(ordered, enc_hook=str).decode()


def _masked(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide fields that are named like secrets, and secrets in any other text."""
    for name, value in event.items():
        event[name] = _clean(name, value)
    return event


def _clean(name: str, value: Any) -> Any:
    if SECRET_NAME.search(name):
        return MASK
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", inner) for inner in value]
    return mask(visible(str(value)))
