import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from backbeat.observe import logs
from backbeat.settings import DatabaseSettings, LogSettings, Settings, WebSettings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_logs_are_one_json_object_per_line_where_nobody_watches() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(), stream=stream)
    structlog.get_logger("x").info("block_written", height=7, hash=b"\x01")
    (line,) = lines(stream)
    assert line["event"] == "block_written"
    assert line["height"] == 7
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_logs_are_for_people_on_a_terminal() -> None:
    stream = Terminal()
    logs.configure(LogSettings(), stream=stream)
    structlog.get_logger("x").info("block_written", height=7)
    assert "block_written" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_the_setting_wins_over_the_terminal() -> None:
    stream = Terminal()
    logs.configure(LogSettings(format="json"), stream=stream)
    structlog.get_logger("x").info("block_written")
    assert lines(stream)[0]["event"] == "block_written"


def test_what_is_below_the_level_is_not_logged() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(level="warning"), stream=stream)
    structlog.get_logger("x").info("quiet")
    logging.getLogger("x").info("quiet too")
    structlog.get_logger("x").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_other_libraries_and_warnings_come_out_the_same_way() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(), stream=stream)
    logging.getLogger("psycopg").error("lost %s", "it")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old thing", DeprecationWarning, stacklevel=1)
    events = lines(stream)
    assert events[0]["event"] == "lost it"
    assert "old thing" in events[1]["event"]


def test_an_exception_is_told_within_its_line() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(), secrets=("hunter2",), stream=stream)
    try:
        int("hunter2 leaked")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = lines(stream)
    assert "ValueError" in line["exception"]
    assert "hunter2" not in stream.getvalue()


@pytest.mark.parametrize(
    "fields",
    [
        {"token": "hunter2"},
        {"url": "postgresql://me:hunter2@host/db"},
        {"error": ValueError("connection to postgresql://me:hunter2@host/db failed")},
        {"conninfo": "host=x password=hunter2 dbname=y"},
        {"headers": {"Authorization": "Bearer hunter2"}},
        {"settings": [{"database": "postgresql://me:hunter2@host/db"}]},
    ],
)
def test_secrets_are_masked_wherever_they_stand(fields: dict[str, Any]) -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(), stream=stream)
    structlog.get_logger("x").info("started", **fields)
    assert "hunter2" not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_control_characters_cannot_reach_a_terminal() -> None:
    stream = Terminal()
    logs.configure(LogSettings(), stream=stream)
    structlog.get_logger("x").info("rejected", detail="\x1b]0;evil\x07", error=ValueError("\x9b31m"))
    assert r"\x1b]0;evil\x07" in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\u202eb\u202c", r"a\u202eb\u202c"), ("\u2066x\u2069", r"\u2066x\u2069"), ("a\u2028b", r"a\u2028b")],
    ids=["override", "isolate", "line"],
)
def test_text_that_others_wrote_turns_nothing_round(text: str, shown: str) -> None:
    assert logs.visible(text) == shown


@pytest.mark.parametrize("text", ["שלום\u200f", "Größe\tx\n", "🎵 東京"])
def test_other_text_is_shown_as_it_is(text: str) -> None:
    assert logs.visible(text) == text


def test_the_secrets_of_the_settings_are_found() -> None:
    settings = Settings(
        database=DatabaseSettings(url="postgresql://me:hunter2@host/db"),
        web=WebSettings(token="sesame"),  # noqa: S106 - made up
    )
    assert set(logs.secrets_of(settings)) == {"hunter2", "sesame"}
    assert logs.secrets_of(Settings()) == ()


def test_configuring_again_replaces_the_set_up() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(LogSettings(), stream=first)
    logs.configure(LogSettings(), stream=second)
    structlog.get_logger("x").info("once")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


@pytest.mark.parametrize(("level", "heard"), [("info", 0), ("debug", 1)])
def test_each_try_of_a_pool_to_connect_is_heard_by_those_alone_who_hear_everything(
    level: Literal["info", "debug"], heard: int
) -> None:
    out = io.StringIO()
    logs.configure(LogSettings(level=level), stream=out)
    logging.getLogger("psycopg.pool").warning("reconnection attempt in pool 'jobs' failed")
    logging.getLogger("psycopg.pool").error("a task failed")
    assert out.getvalue().count("reconnection attempt") == heard
    assert "a task failed" in out.getvalue()
