import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbeat.index.payload.metadata import CHARACTERS_MAX, DEPTH_MAX, parse

SECONDS_MAX = 3.0  # of the processor, for what takes milliseconds


@pytest.mark.parametrize(
    ("metadata", "payload"),
    [
        ('{"cid":null,"data":{"a":1}}', {"a": 1}),
        ('{"cid":"x","data":{}}', {}),
        ('{"data":null,"a":1}', {"data": None, "a": 1}),
        ('{"data":[1]}', {"data": [1]}),
        ('{"a":1,"a":2}', {"a": 2}),
        ('{"a":"\\u0000x\\ud800y\\udfff\\ud83d\\ude00"}', {"a": "xy😀"}),
        ('{"k\\u0000":["\\ud800",{"b":"\\u0000"}]}', {"k": ["", {"b": ""}]}),
        ('{"a":"\\\\ud800"}', {"a": "\\ud800"}),
        ("", None),
        ("not json", None),
        ("[1]", None),
        ("5", None),
        ("null", None),
        ('{"a":NaN}', None),
        ('{"a":Infinity,"b":"\\ud800"}', None),
        ('{"a":1e999}', None),
        ('{"a":-1e999,"b":"\\ud800"}', None),
        ('{"a":' + "9" * 5000 + "}", None),
        ('{"a":' + "9" * 5000 + ',"b":"\\ud800"}', None),
        ('{"a":1}x', None),
        ('{"a":"\x00"}', None),
        ('{"a":"\ud800"}', None),
    ],
)
def test_envelopes(metadata: str, payload: dict[str, Any] | None) -> None:
    assert parse(metadata) == payload


def nested(depth: int) -> str:
    return '{"a":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_nesting_has_a_limit() -> None:
    assert parse(nested(DEPTH_MAX)) is not None
    assert parse(nested(DEPTH_MAX + 1)) is None
    assert parse(nested(100_000)) is None


def test_brackets_in_strings_are_no_nesting() -> None:
    assert parse(json.dumps({"a": '\\"{[' * 1000})) == {"a": '\\"{[' * 1000}


def test_width_is_no_depth() -> None:
    assert parse(json.dumps({"a": [[]] * 1000})) == {"a": [[]] * 1000}


def test_size_has_a_limit() -> None:
    assert parse('{"a":"' + "x" * CHARACTERS_MAX + '"}') is None


@pytest.mark.parametrize("unit", ['\\"{', "{", '"', "\\", '["', "\\ud800{"])
def test_hostile_texts_cost_little(unit: str) -> None:
    text = '{"' + unit * (CHARACTERS_MAX // len(unit) - 2)
    begun = time.process_time()
    assert parse(text) is None
    assert time.process_time() - begun < SECONDS_MAX


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    payload = parse(text)
    assert payload is None or isinstance(payload, dict)


@settings(deadline=None)
@given(st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), JSON))
def test_what_can_be_stored_is_not_changed(payload: dict[str, Any]) -> None:
    text = json.dumps({"data": payload})
    if "\\u0000" not in text and "\\ud" not in text:
        assert parse(text) == payload
