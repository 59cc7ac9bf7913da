"""What another instance answers is believed only where a state could be so."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from backbeat.clock import SystemClock
from backbeat.digest import remote
from backbeat.digest.answers import Asked, Bucket, Buckets, FoundRow, FoundRows
from backbeat.digest.remote import Remote
from backbeat.errors import BackbeatError
from backbeat.outgoing.client import Client, Limits

HASH = "ab" * 32
SUM = "00" * 16
Ask = Callable[[Remote], Any]
DIGEST = {"chain_id": "c", "height": 1, "block_hash": "", "exact": False, "digest": SUM, "tables": []}
TABLE = {"table": "t", "kind": "base", "rows": 1, "digest": SUM, "columns": ["id"]}


async def answered(body: bytes, ask: Ask, status: int = 200, bytes_max: int = 100_000, at: int | None = 5) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer secret"
        return httpx.Response(status, stream=httpx.ByteStream(body))

    limits = Limits(10.0, bytes_max, 1)
    async with Client(SystemClock(), limits, transport=httpx.MockTransport(answer)) as client:
        return await ask(Remote(client, "http://there/", "secret", Asked(key="00", exact=True, at=at)))


async def refused(body: Any, ask: Ask, **answer: int) -> BackbeatError:
    encoded = body if isinstance(body, bytes) else msgspec.json.encode(body)
    with pytest.raises(BackbeatError) as found:
        await answered(encoded, ask, **answer)
    return found.value


def digest(side: Remote) -> Any:
    return side.digest()


def buckets(side: Remote) -> Any:
    return side.buckets("t", ["00", "ff"])


def rows(side: Remote) -> Any:
    return side.rows("t", ["ab"])


def row(**other: Any) -> dict[str, Any]:
    return {"place": HASH, "hash": HASH, "texts": ["a"], "hashes": [HASH], **other}


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        (b"", digest),
        (b"\xff", digest),
        (b"[" * 10_000, digest),
        ([], digest),
        ({**DIGEST, "height": -1}, digest),
        ({**DIGEST, "height": 2**70}, digest),
        ({**DIGEST, "digest": "0"}, digest),
        ({**DIGEST, "digest": "G" * 32}, digest),
        ({**DIGEST, "tables": [{**TABLE, "rows": -1}]}, digest),
        ({**DIGEST, "tables": [{**TABLE, "table": "x" * 200}]}, digest),
        ({**DIGEST, "tables": [TABLE, TABLE]}, digest),
        ({**DIGEST, "tables": [{**TABLE, "table": "t\x1b[2J"}]}, digest),
        ({**DIGEST, "tables": [{**TABLE, "columns": ["id\nEqual"]}]}, digest),
        ({**DIGEST, "past": ["plays"]}, digest),  # which only grow
        ({**DIGEST, "past": ["unknown"]}, digest),
        ({**DIGEST, "tables": [{**TABLE, "table": "users"}], "past": ["users"]}, digest),
        (Buckets(1, (Bucket("0011", 1, SUM), Bucket("0011", 1, SUM))), buckets),
        (Buckets(1, (Bucket("0111", 1, SUM),)), buckets),
        (Buckets(1, (Bucket("00", 1, SUM),)), buckets),
        (Buckets(1, (Bucket("001122", 1, SUM),)), buckets),
        ({"height": 1, "buckets": [{"prefix": "zz", "rows": 1, "digest": SUM}]}, buckets),
        ({"height": 1, "columns": ["id"], "names": ["other"], "rows": []}, rows),
        ({"height": 1, "columns": ["id"], "names": ["id"], "rows": [row(texts=[])]}, rows),
        ({"height": 1, "columns": ["id"], "names": ["id"], "rows": [row(hashes=[HASH, HASH])]}, rows),
        ({"height": 1, "columns": ["id"], "names": ["id"], "rows": [row(place="00" * 32)]}, rows),
        ({"height": 1, "columns": ["id"], "names": ["id"], "rows": [row(texts=["x" * 121])]}, rows),
        ({"height": 1, "columns": ["id"], "names": ["id"], "rows": [row()] * 201}, rows),
    ],
)
async def test_an_answer_that_no_state_can_be_is_refused(body: Any, ask: Ask) -> None:
    assert (await refused(body, ask)).code == "digest_answer_invalid"


async def test_tables_are_left_out_only_of_a_height_that_was_asked_for() -> None:
    body = msgspec.json.encode({**DIGEST, "past": ["users"]})
    assert (await answered(body, digest)).past == ("users",)
    with pytest.raises(BackbeatError) as found:
        await answered(body, digest, at=None)
    assert found.value.code == "digest_answer_invalid"


async def test_a_good_answer_is_taken() -> None:
    assert (await answered(msgspec.json.encode({**DIGEST, "tables": [TABLE]}), digest)).tables[0].rows == 1
    parts = Buckets(1, (Bucket("0011", 1, SUM), Bucket("ff00", 1, SUM)))
    assert await answered(msgspec.json.encode(parts), buckets) == parts
    found = FoundRows(1, ("id",), ("id",), (FoundRow(HASH, HASH, (None,), (None,)),))
    assert await answered(msgspec.json.encode(found), rows) == found


@pytest.mark.parametrize(("status", "cure"), [(401, "token"), (404, "web.token"), (503, "log"), (500, "log")])
async def test_a_refusal_says_what_to_do(status: int, cure: str) -> None:
    error = await refused({"code": "x", "message": "no\x1b[2J"}, digest, status=status)
    assert error.code == "digest_refused"
    assert cure in error.cure
    assert "\x1b" not in error.message


async def test_an_answer_without_end_is_cut() -> None:
    assert (await refused(b" " * 200_000, digest)).code == "outgoing_too_long"


def test_the_longest_answer_that_may_be_is_taken() -> None:
    """Two hundred rows of the widest table, each value as long as it is shown, of four bytes each."""
    width, text = 80, "\U0001f3b5" * 120
    widest = FoundRow(HASH, HASH, (text,) * width, (HASH,) * width)
    names = tuple(f"column_{n}" for n in range(width))
    assert len(msgspec.json.encode(FoundRows(1, names, names, (widest,) * 200))) < remote.BYTES_MAX
