"""What no honest payload says is refused, with its key, before anything is made of it."""

from typing import Any

import pytest
from conformance.world import T1, U1, fixture_world

from backbeat.index.payload.metadata import parse
from backbeat.index.reject import Code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"title": "x" * 5_000}, None),
        ({"title": "x" * 5_001}, Code.TEXT_TOO_LONG),
        ({"cover_art": "x" * 5_001}, Code.TEXT_TOO_LONG),
        ({"description": "x" * 5_001}, Code.DESCRIPTION_TOO_LONG),
        ({"allowed_api_keys": ["k"] * 1_000}, None),
        ({"allowed_api_keys": ["k"] * 1_001}, Code.DOCUMENT_TOO_LARGE),
        ({"allowed_api_keys": ["k" * 5_001]}, Code.TEXT_TOO_LONG),
        ({"territory_codes": ["US"] * 1_001}, Code.DOCUMENT_TOO_LARGE),
        ({"track_segments": [{"multihash": "Q" * 46, "duration": 6.0}] * 1_800}, None),
        ({"track_segments": [0] * 40_000}, Code.DOCUMENT_TOO_LARGE),
        ({"track_segments": [1e308] * 1_000}, Code.DOCUMENT_TOO_LARGE),
        ({"track_segments": [int("9" * 4_000)] * 70}, Code.DOCUMENT_TOO_LARGE),
        ({"stream_conditions": {"k": "x" * 9_000}}, None),
        ({"stream_conditions": {"k": "x" * 10_001}}, Code.DOCUMENT_TOO_LARGE),
        ({"copyright_line": {"k" * 250_001: 1}}, Code.DOCUMENT_TOO_LARGE),
        ({"remix_of": {"tracks": [{"parent_track_id": number} for number in range(1, 201)]}}, None),
    ],
)
def test_bounds(payload: dict[str, Any], code: Code | None) -> None:
    assert fixture_world(commits_each=False).send(U1, "Track/Update", T1, payload) is code


def test_numbers_that_take_the_fast_parser_long_mean_the_same_to_the_other() -> None:
    text = '{"a":[' + "1e308,-5e-324,1E5,2.5e-3,1e22," * 2_000 + "7]}"
    payload = parse(text)
    assert payload is not None
    assert payload["a"][:5] == [1e308, -5e-324, 1e5, 0.0025, 1e22]
    assert payload["a"][-1] == 7
    assert parse('{"a":[' + "1e308," * 2_000 + "1e999]}") is None
