"""The reference of notifications is what the code does, and what the network's SDK can read."""

from collections import Counter
from pathlib import Path

import notification_reference
import pytest
from notification_statements import told_by_file
from sdk_notifications import READ_FROM, SDK_KEYS
from sql_files import SOURCE

from backbeat.notifications import NOTIFICATIONS
from backbeat.notifications.kind import Kind

ROOT = Path(__file__).parents[2]

each = pytest.mark.parametrize("kind", NOTIFICATIONS, ids=lambda kind: f"{kind.type} {kind.group_id}")


def made_by(source: str) -> list[Kind]:
    return [kind for kind in NOTIFICATIONS if kind.source == source]


@pytest.mark.parametrize("source", sorted(told_by_file()))
def test_what_a_statement_tells_is_declared(source: str) -> None:
    told, kinds = told_by_file()[source], made_by(source)
    assert told.types == {kind.type for kind in kinds}
    assert told.keys == {key for kind in kinds for key in (*kind.data, *kind.also)}


def test_what_is_declared_is_told_by_a_statement_or_a_handler() -> None:
    declared = {kind.source for kind in NOTIFICATIONS if kind.source.endswith(".sql")}
    assert declared == set(told_by_file())


@each
def test_the_source_and_the_test_are_there_and_name_the_type(kind: Kind) -> None:
    source = SOURCE / "backbeat" / kind.source
    assert source.suffix == ".sql" or f'"{kind.type}"' in source.read_text(encoding="utf-8")
    assert kind.type in (ROOT / "tests" / kind.test).read_text(encoding="utf-8")


@each
def test_the_sdk_finds_every_key_that_it_expects(kind: Kind) -> None:
    """But for the types that it does not know, which the page names."""
    if kind.type in SDK_KEYS and "*" not in kind.also:
        stored = {*kind.data, *kind.also, *kind.later}
        expected = ({READ_FROM.get(key, key) for key in keys} for keys in SDK_KEYS[kind.type])
        assert any(keys <= stored for keys in expected)


def test_what_the_sdk_knows_is_made_or_it_is_said_why_not() -> None:
    assert set(SDK_KEYS) - {kind.type for kind in NOTIFICATIONS} == notification_reference.UNMADE.keys()


def test_no_kind_is_declared_twice() -> None:
    counted = Counter((kind.type, kind.group_id, kind.source) for kind in NOTIFICATIONS)
    assert counted.most_common(1)[0][1] == 1


def test_the_page_is_up_to_date() -> None:
    assert notification_reference.PAGE.read_text(encoding="utf-8") == notification_reference.page()


def test_a_row_like_no_kind_is_found() -> None:
    row = {
        "type": "listen_streak_reminder",
        "group_id": "listen_streak_reminder:7:2025-01-01",
        "specifier": "7",
        "data": {"streak": 3},
    }
    assert notification_reference.unlike(row) is None
    assert notification_reference.unlike(row | {"type": "unheard_of"}) == "unheard_of: no kind of that type"
    beside: tuple[dict[str, object], ...] = (
        {"group_id": "streak:7:2025-01-01"},
        {"specifier": ""},
        {"data": {}},
        {"data": {"streak": 1, "x": 2}},
    )
    for wrong in beside:
        assert notification_reference.unlike(row | wrong)
