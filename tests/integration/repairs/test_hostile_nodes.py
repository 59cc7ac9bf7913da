"""Nodes that hang, drip, lie, flood or send us elsewhere cost bounded time and bytes and write nothing wrong."""

import asyncio
from collections.abc import Callable

import pytest
from scripted_http import Request, Script, ScriptedServer, answer, endless, scripted

from backbeat.derived.repairs.nodes import CONCURRENT_MAX, FAILURES_MAX, LIMITS
from backbeat.errors import OutgoingError
from backbeat.incremental.transaction import Session
from builders.content_nodes import (
    MakeRepair,
    RepairWorld,
    RingingClock,
    at,
    dripping,
    hanging,
    knowing,
    nodes,
    song,
    upload,
)

GOOD = b'{"results": {"key": "A major", "bpm": 120}, "error_count": 0}'
FLOOD = b'{"results": {"key": "A major", "bpm": 120, "filler": "' + b"x" * 10_000_000 + b'"}}'


def raw(response: bytes) -> Script:
    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response)
        writer.close()

    return script


USELESS: dict[str, Script] = {
    "no JSON": answer(b"<html>"),
    "half of it": answer(b'{"results": {"key": "B ma'),
    "a list": answer(b'[{"results": {"key": "B major"}}]'),
    "a text": answer(b'"B major"'),
    "a number": answer(b"120"),
    "null": answer(b"null"),
    "nothing": answer(b""),
    "NaN": answer(b'{"results": {"key": "B major", "bpm": NaN}}'),
    "Infinity": answer(b'{"results": {"key": "B major", "bpm": Infinity}}'),
    "no UTF-8": answer(b'{"results": {"key": "B major\xff"}}'),
    "without end": answer(b'{"results":' * 100_000),
    "nested": answer(b"[" * 20_000 + b"]" * 20_000),
    "ten megabytes": answer(FLOOD),
    "no end": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{", b" " * 65_536),
    "compressed": answer(GOOD, headers="Content-Encoding: gzip\r\n"),
    "an error": answer(GOOD, status="500 Internal Server Error"),
    "not found": answer(GOOD, status="404 Not Found"),
    "slow down": answer(GOOD, status="429 Too Many Requests"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "hangs up": raw(b""),
}


def both_ways(bad: Script) -> Callable[[], list[Script]]:
    return lambda: [bad, answer(GOOD)]


@pytest.mark.parametrize("bad", USELESS.values(), ids=USELESS)
async def test_what_cannot_be_used_is_passed_over(world: RepairWorld, analyses: MakeRepair, bad: Script) -> None:
    await world.apply([song(number) for number in range(1, 4)])
    async with nodes(bad, answer(GOOD)) as servers:
        for named in (at(servers), at(servers)[::-1]):  # chance puts one of them first
            await world.world.run(analyses(named))
    assert [row[1:3] for row in await world.tracks()] == [("A major", 120.0)] * 3


async def test_values_that_are_none_are_not_stored(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    lies = b'{"results": {"key": "H moll", "bpm": 1e300, "Key": 7, "BPM": "fast"}, "error_count": 99999999999999999999}'
    async with nodes(answer(lies)) as [node]:
        await world.world.run(analyses([node.address]))
    assert [row[1:4] for row in await world.tracks()] == [(None, None, 0)]
    assert [row[2] for row in await world.queue()] == [1]


@pytest.mark.parametrize("bad", [hanging, dripping])
async def test_who_hangs_or_drips_costs_one_deadline_and_the_next_is_asked(
    world: RepairWorld, analyses: MakeRepair, clock: RingingClock, bad: Callable[[RingingClock], Script]
) -> None:
    await world.apply([song(1)])
    async with nodes(bad(clock), bad(clock), bad(clock), bad(clock), answer(GOOD)) as servers:
        await world.world.run(analyses(at(servers)))
        assert sum(len(server.asked) for server in servers[:4]) <= 4
    assert [row[1:3] for row in await world.tracks()] == [("A major", 120.0)]


async def test_no_redirect_is_followed(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    async with scripted(answer(GOOD)) as within:
        away = answer(b"", status="302 Found", headers=f"Location: {within.address}/internal\r\n")
        async with nodes(away) as [node]:
            with pytest.raises(OutgoingError) as raised:
                await analyses([node.address]).incremental(Session(world.connection))
        assert raised.value.code == "content_nodes_unheard"
        assert within.asked == []
    assert [row[1:3] for row in await world.tracks()] == [(None, None)]


async def test_a_dead_node_costs_a_pass_a_few_requests_and_not_one_for_each_track(
    world: RepairWorld, analyses: MakeRepair
) -> None:
    await world.apply([song(number) for number in range(1, 301)])
    async with nodes(answer(b"", status="503 Service Unavailable"), answer(GOOD)) as servers:
        await world.world.run(analyses(at(servers)))
        assert len(servers[0].asked) <= FAILURES_MAX + CONCURRENT_MAX
    assert {row[1:3] for row in await world.tracks()} == {("A major", 120.0)}


@pytest.mark.parametrize(("status", "asked"), [("503 Service Unavailable", 3), ("429 Too Many Requests", 1)])
async def test_who_fails_three_times_in_a_row_or_asks_us_to_slow_down_is_given_up(
    world: RepairWorld, analyses: MakeRepair, monkeypatch: pytest.MonkeyPatch, status: str, asked: int
) -> None:
    monkeypatch.setattr("backbeat.derived.repairs.repair.CONCURRENT_MAX", 1)
    await world.apply([song(number) for number in range(1, 11)])
    async with nodes(answer(b"", status=status), answer(GOOD)) as servers:
        await analyses(at(servers)).incremental(Session(world.connection))
        assert len(servers[0].asked) in {0, asked}, "none where the other comes first"
        await world.apply([song(number) for number in range(11, 21)])
        await analyses(at(servers)[::-1]).incremental(Session(world.connection))
        assert len(servers[0].asked) == asked, "once it came first"


@pytest.mark.parametrize("between", [answer(GOOD), answer(b"{}", status="404 Not Found")], ids=["told", "not known"])
async def test_who_answers_in_between_is_not_given_up(
    world: RepairWorld, analyses: MakeRepair, monkeypatch: pytest.MonkeyPatch, between: Script
) -> None:
    requests = 0

    async def flapping(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        script = between if requests % 3 == 0 else answer(b"", status="500 Internal Server Error")
        await script(request, writer)

    monkeypatch.setattr("backbeat.derived.repairs.repair.CONCURRENT_MAX", 1)
    await world.apply([song(number) for number in range(1, 13)])
    async with nodes(flapping) as [node]:
        await analyses([node.address]).incremental(Session(world.connection))
        assert len(node.asked) == 12


async def test_no_more_requests_are_under_way_than_allowed(world: RepairWorld, analyses: MakeRepair) -> None:
    under_way, most = 0, 0

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(10):
            await asyncio.sleep(0)
        await answer(GOOD)(request, writer)
        under_way -= 1

    await world.apply([song(number) for number in range(1, 101)])
    async with nodes(slow) as [node]:
        await world.world.run(analyses([node.address]))
    assert 1 < most <= CONCURRENT_MAX == LIMITS.connections_max


async def test_a_pass_ends_when_its_time_is_over_and_who_was_not_asked_about_stays_due(
    world: RepairWorld, analyses: MakeRepair, clock: RingingClock
) -> None:
    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        clock.time = clock.time.replace(hour=13)
        await answer(GOOD)(request, writer)

    await world.apply([song(number) for number in range(1, 101)])
    async with nodes(late) as [node]:
        await analyses([node.address]).incremental(Session(world.connection))
        assert 1 <= len(node.asked) <= CONCURRENT_MAX
    waiting = await world.queue()
    assert len(waiting) == 100 - len(node.asked)
    assert {row[2] for row in waiting} == {0}


@pytest.mark.parametrize("name", ["../../health_check", "a/../../b", "a\r\nX-Evil: 1", "\x01\x7f", "a?b#c", "%2e%2e/x"])
async def test_a_name_stays_within_the_path(world: RepairWorld, cids: MakeRepair, name: str) -> None:
    await world.apply([upload(1, audio_upload_id=name)])
    async with nodes(knowing({}), knowing({})) as servers:
        await world.world.run(cids(at(servers)))
        for server in servers:
            [request] = server.asked
            assert request.target.startswith("/uploads/")
            assert request.target.count("/") == 2
            assert request.query == {}
            assert "x-evil" not in request.headers
    assert [row[2] for row in await world.queue()] == [1]


@pytest.mark.parametrize("name", [".", "..", "x" * 5_000])
async def test_a_name_that_nobody_can_be_asked_for_waits_like_one_that_nobody_knows(
    world: RepairWorld, cids: MakeRepair, name: str
) -> None:
    await world.apply([upload(1, audio_upload_id=name)])
    servers: list[ScriptedServer]
    async with nodes(knowing({}), knowing({})) as servers:
        await world.world.run(cids(at(servers)))
        assert [server.asked for server in servers] == [[], []]
    assert [row[2] for row in await world.queue()] == [1]
