"""A notifier that is slow, wrong, flapping, huge or lying costs a run, and holds nothing up that can be read."""

import gzip
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from scripted_http import Script, answer, endless, silence

from backbeat.errors import OutgoingError
from backbeat.incremental.transaction import Session
from harness.challenge_world import user
from harness.delist_stage import Stage, song
from harness.notifier import at, written

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNK = b"400\r\n" + b" " * 1024 + b"\r\n"
BOMB = gzip.compress(b" " * 10_000_000)
EMPTY = b'{"result":{"users":[]}}'

HOSTILE: dict[str, tuple[Script, str]] = {
    "slow": (silence, "outgoing_timeout"),
    "dripping": (endless(OK + b"Content-Length: 100000000\r\n\r\n", b" " * 100), "outgoing_too_long"),
    "endless": (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK), "outgoing_too_long"),
    "huge": (answer(EMPTY + b" " * 1_000_000), "outgoing_too_long"),
    "bomb": (answer(BOMB, headers="Content-Encoding: gzip\r\n"), "outgoing_compressed"),
    "redirect": (answer(b"", status="302 Found", headers="Location: http://elsewhere/\r\n"), "outgoing_redirected"),
    "html": (answer(b"<html>Welcome</html>", headers="Content-Type: text/html\r\n"), "outgoing_unreadable"),
    "nothing": (answer(b""), "outgoing_unreadable"),
    "no result": (answer(b'{"users":[]}'), "outgoing_unreadable"),
    "other things": (answer(b'{"result":{"tracks":[]}}'), "outgoing_unreadable"),
    "no list": (answer(b'{"result":{"users":{"1":true}}}'), "outgoing_unreadable"),
    "half": (answer(b'{"result":{"users":[{"createdAt":"20'), "outgoing_unreadable"),
    "deep": (answer(b'{"result":{"users":' + b"[" * 50_000), "outgoing_unreadable"),
    "no utf-8": (answer(b'{"result":{"users":[{"reason":"\xff\xfe"}]}'), "outgoing_unreadable"),
    "unauthorised": (answer(b"no", status="401 Unauthorized"), "outgoing_refused"),
    "broken": (answer(b"no", status="500 Internal Server Error"), "outgoing_refused"),
}


async def refused(stage: Stage, **limits: Any) -> OutgoingError:
    with pytest.raises(OutgoingError) as raised:
        await stage.run(**limits)
    assert raised.value.cure
    return raised.value


@pytest.mark.parametrize("how", HOSTILE)
async def test_a_notifier_that_cannot_be_understood_costs_a_run(stage: Stage, how: str) -> None:
    await stage.block(at("20:00"), user(1))
    stage.notifier.decide(1, "12:00")
    stage.notifier.instead, code = HOSTILE[how]
    assert (await refused(stage, seconds=0.3 if code == "outgoing_timeout" else 20.0, bytes_max=100_000)).code == code
    assert (await stage.cursor(), await stage.log()) == (None, [])
    stage.notifier.instead = None
    await stage.run()
    assert await stage.users() == [(1, False, True)]


async def test_no_transaction_is_open_while_the_notifier_is_asked(stage: Stage) -> None:
    states = []

    async def look(_request: Any, writer: Any) -> None:
        states.append(stage.world.connection.info.transaction_status.name)
        await answer(EMPTY)(_request, writer)

    stage.notifier.instead = look
    await stage.run()
    assert set(states) == {"IDLE"}


async def test_json_under_another_type_is_taken(stage: Stage) -> None:
    stage.notifier.instead = answer(b'{"result":{"users":null},"more":1}', headers="Content-Type: text/plain\r\n")
    await stage.run()


async def test_a_notifier_that_flaps_is_caught_up_with(stage: Stage) -> None:
    """It answers every other question."""
    await stage.block(at("20:00"), *(user(number) for number in range(1, 10)))
    for number in range(1, 10):
        stage.notifier.decide(number, f"12:0{number}")
    serve, job, failures = stage.notifier.serve, stage.notifier.job(rows_max=2), 0

    async def flap(request: Any, writer: Any) -> None:
        is_well = len(stage.notifier.server.asked) % 2 == 0
        await (serve if is_well else answer(b"", status="503 Service Unavailable"))(request, writer)

    stage.notifier.server.script = flap
    for _ in range(60):
        try:
            report = await job.incremental(Session(stage.world.connection))
        except OutgoingError:
            failures += 1
        else:
            if report.is_quiet:
                break
    assert failures > 5
    assert [is_available for _, is_available, _ in await stage.users()] == [False] * 9


async def test_it_is_left_alone_for_as_long_as_it_asks(stage: Stage) -> None:
    clock = stage.notifier.clock
    stage.notifier.instead = answer(b"", status="429 Too Many Requests", headers="Retry-After: 3600\r\n")
    assert (await refused(stage)).code == "outgoing_refused"
    assert (await stage.standing())[2] == clock.at + timedelta(hours=1)
    asked = len(stage.notifier.server.asked)
    clock.at += timedelta(minutes=59)
    assert (await refused(stage)).code == "delist_notifier_busy"
    assert len(stage.notifier.server.asked) == asked
    stage.notifier.instead = None
    clock.at += timedelta(minutes=1)
    await stage.run()
    clock.at -= timedelta(days=20)  # a clock that is set back holds nothing up
    await stage.run()


async def test_being_asked_to_wait_forgets_nothing_of_what_is_waited_for(stage: Stage) -> None:
    await stage.block(at("19:00"))
    stage.notifier.decide(300, "20:00")
    await stage.run()
    stage.notifier.instead = answer(b"", status="429 Too Many Requests", headers="Retry-After: 60\r\n")
    await refused(stage)
    assert (await stage.standing())[:2] == (300, at("20:00"))


async def test_an_order_that_is_none_and_repetitions_change_nothing(stage: Stage) -> None:
    await stage.block(at("20:00"), *(user(number) for number in range(1, 4)))
    stage.notifier.decide(1, "14:00", delisted=False)
    stage.notifier.decide(2, "12:00")
    stage.notifier.decide(1, "13:00")
    stage.notifier.decide(3, "11:00")
    stage.notifier.decide(2, "12:00")
    await stage.run()
    assert [row[1] for row in await stage.users()] == [True, False, False]
    assert (len(await stage.log()), await stage.cursor()) == (4, at("14:00"))


async def test_of_two_decisions_of_one_instant_the_one_that_takes_down_counts(stage: Stage) -> None:
    await stage.block(at("20:00"), user(1))
    for delisted in (True, False):
        stage.notifier.decide(1, "12:00", delisted=delisted)
    await stage.run()
    assert await stage.users() == [(1, False, True)]
    assert len(await stage.log()) == 2


async def test_an_older_decision_does_not_undo_a_later_one(stage: Stage) -> None:
    await stage.block(at("20:00"), user(1), user(2))
    stage.notifier.decide(1, "12:00")
    await stage.run()
    stage.notifier.rows["users"].clear()
    serve = stage.notifier.serve

    async def from_the_start(request: Any, writer: Any) -> None:
        await serve(type(request)("/statuses/users?batchSize=5000", request.headers), writer)

    stage.notifier.server.script = from_the_start
    stage.notifier.decide(1, "11:00", delisted=False)
    stage.notifier.decide(2, "11:00")
    await stage.run()
    assert [row[1] for row in await stage.users()] == [False, False]
    assert await stage.cursor() == at("12:00")


UNUSABLE: dict[str, Any] = {
    "number": 5,
    "null": None,
    "list": [],
    "no instant": {"userId": 1, "delisted": True},
    "another instant": {"createdAt": "yesterday", "userId": 1, "delisted": True},
    "far ahead": {"createdAt": "9999-12-31 23:59:59+00", "userId": 1, "delisted": True},
    "before everything": {"createdAt": "0001-01-01 00:00:00+14", "userId": 1, "delisted": True},
    "id as text": {"createdAt": written(at("12:00")), "userId": "1", "delisted": True},
    "id as truth": {"createdAt": written(at("12:00")), "userId": True, "delisted": True},
    "id below": {"createdAt": written(at("12:00")), "userId": -1, "delisted": True},
    "id above": {"createdAt": written(at("12:00")), "userId": 2**31, "delisted": True},
    "id of a track": {"createdAt": written(at("12:00")), "trackId": 1, "delisted": True},
    "neither down nor back": {"createdAt": written(at("12:00")), "userId": 1, "delisted": None},
    "words": {"createdAt": written(at("12:00")), "userId": 1, "delisted": "yes", "reason": "a\0b" + "x" * 5_000},
}


@pytest.mark.parametrize("what", UNUSABLE)
async def test_a_row_that_cannot_be_used_is_set_aside_once_and_holds_up_none(stage: Stage, what: str) -> None:
    await stage.block(at("20:00"), user(1), user(2))
    stage.notifier.decide(2, "13:00")
    rows = [UNUSABLE[what], *stage.notifier.rows["users"], UNUSABLE[what]]
    stage.notifier.instead = answer(msgspec.json.encode({"result": {"users": rows}}))
    await stage.run()
    await stage.run()
    assert await stage.users() == [(1, True, False), (2, False, True)]
    assert await stage.cursor() == at("13:00")
    [(why, status)] = await stage.asides()
    assert why.endswith(".")
    assert len(status) <= 1_000


@pytest.mark.parametrize("reason", ["NEW_REASON", None, 5, ["DMCA"], "a\0b", "x" * 100_000])
async def test_a_status_with_an_unknown_reason_is_applied_and_set_aside(stage: Stage, reason: Any) -> None:
    await stage.block(at("20:00"), user(1), user(2))
    stage.notifier.decide(1, "12:00", reason=reason)
    stage.notifier.decide(2, "13:00")
    await stage.run()
    assert [row[1] for row in await stage.users()] == [False, False]
    assert (await stage.cursor(), [row[1] for row in await stage.log()]) == (at("13:00"), [2])
    assert len(await stage.asides()) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"ownerId": None},
        {"ownerId": 2**40},
        {"ownerId": "1"},
        {"trackCid": None},
        {"trackCid": "a\0b"},
        {"trackCid": "x" * 5_000},
        {"reason": "STRIKE_THRESHOLD"},  # one of users
    ],
)
async def test_a_status_that_the_log_cannot_hold_is_applied_and_set_aside(stage: Stage, columns: Any) -> None:
    await stage.block(at("20:00"), user(1), song(400), song(401))
    stage.notifier.decide(400, "12:00", about="tracks", **columns)
    stage.notifier.decide(401, "12:00", about="tracks", trackCid="ü" * 600)
    await stage.run("tracks")
    assert [row[1] for row in await stage.tracks()] == [False, False]
    assert [row[1] for row in await stage.log("track")] == [401]
    assert len(await stage.asides()) == 1


async def test_a_lone_surrogate_holds_up_nothing(stage: Stage) -> None:
    await stage.block(at("20:00"), user(1), song(400), song(401))
    for number in (400, 401):
        stage.notifier.decide(number, "13:00", about="tracks")
    body = msgspec.json.encode({"result": {"tracks": stage.notifier.rows["tracks"]}})
    stage.notifier.instead = answer(body.replace(b"cid400", rb"\ud800"))
    await stage.run("tracks")
    assert [row[1] for row in await stage.log("track")] == [400, 401]
    assert [row[1] for row in await stage.tracks()] == [False, False]


async def test_pages_of_nothing_but_rows_that_cannot_be_used_are_told_of(stage: Stage) -> None:
    stage.notifier.instead = answer(msgspec.json.encode({"result": {"users": list(range(20))}}))
    error = await refused(stage, rows_max=10)
    assert (error.code, len(await stage.asides())) == ("delist_page_useless", 10)
