"""Other programs may be slow, wrong, huge or hostile: a request ends, with an answer or with an error and its cure."""

import asyncio
import gzip
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from scripted_http import Request, Script, answer, endless, scripted, silence

from backbeat.clock import SystemClock
from backbeat.errors import ConfigError, OutgoingError
from backbeat.outgoing.answer import Answer
from backbeat.outgoing.client import Client, Limits

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
KILO = Limits(seconds=20.0, bytes_max=1000)
OK = "HTTP/1.1 200 OK\r\n"


class Song(msgspec.Struct, frozen=True):
    title: str


class Called:
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.asked: list[float] = []

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(SystemClock(), KILO) as opened:
        yield opened


async def error_of(client: Client, address: str) -> OutgoingError:
    with pytest.raises(OutgoingError) as raised:
        (await client.get(address)).json(Song)
    assert raised.value.cure
    return raised.value


async def error_from(client: Client, script: Script) -> OutgoingError:
    async with scripted(script) as server:
        return await error_of(client, f"{server.address}/songs")


async def test_an_answer_is_read_into_a_struct_over_one_connection(client: Client) -> None:
    async with scripted(answer(b'{"title": "One", "more": [1]}')) as server:
        for _ in range(3):
            got = await client.get(f"{server.address}/songs", query={"a": "1:2+3"}, headers={"X-Key": "k"})
            assert got.json(Song) == Song("One")
            assert got.source == f"{server.address}/songs"
        assert (server.connections, len(server.asked)) == (1, 3)
        assert server.asked[0].query == {"a": "1:2+3"}
        assert server.asked[0].headers["x-key"] == "k"
        assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_a_missing_page_is_an_answer_and_keeps_the_connection(client: Client) -> None:
    async with scripted(answer(b"no such song", status="404 Not Found")) as server:
        for _ in range(2):
            assert (await client.get(server.address)).status == 404
        assert server.connections == 1
        error = await error_of(client, server.address)
        assert (error.code, error.status) == ("outgoing_refused", 404)


async def test_a_long_page_about_a_failure_is_not_read(client: Client) -> None:
    page = endless(b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n")
    async with scripted(page) as server:
        got = await client.get(server.address)
        assert (got.status, got.body) == (500, b"")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 22 May 2026 12:05:00 GMT", 300.0),
        ("Fri, 22 May 2026 11:00:00 GMT", 0.0),
        ("99999999999", 0.0),
        ("9999999999", 86_400.0),
        ("-1", 0.0),
        ("soon", 0.0),
    ],
)
async def test_how_long_to_wait_is_told(header: str, seconds: float) -> None:
    script = answer(b"", status="429 Too Many", headers=f"Retry-After: {header}\r\n")
    async with Client(Called(), KILO) as client:
        error = await error_from(client, script)
    assert (error.code, error.status, error.retry_seconds) == ("outgoing_refused", 429, seconds)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"title": 1}', b'{"title": "a"', b'{"title": "\xff"}', b"[" * 900],
)
async def test_what_is_no_json_or_another_is_told_as_that(client: Client, body: bytes) -> None:
    error = await error_from(client, answer(body, headers="Content-Type: text/html\r\n"))
    assert error.code == "outgoing_unreadable"
    assert "text/html" in error.message


async def test_json_under_another_type_is_taken(client: Client) -> None:
    async with scripted(answer(b'{"title": "One"}', headers="Content-Type: text/plain\r\n")) as server:
        assert (await client.get(server.address)).json(Song) == Song("One")


async def test_deep_json_is_refused() -> None:
    async with Client(SystemClock(), Limits(bytes_max=2**20)) as client:
        assert (await error_from(client, answer(b'{"a":' * 100_000))).code == "outgoing_unreadable"


@pytest.mark.parametrize(
    "script",
    [
        endless(f"{OK}Content-Length: 10000000000\r\n\r\n".encode(), b"x" * 4096),
        endless(f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        endless(f"{OK}\r\n".encode(), b" " * 4096),
        answer(b" " * 1001),
    ],
    ids=["long", "chunked", "until-closed", "one-byte"],
)
async def test_a_body_is_cut_off(client: Client, script: Script) -> None:
    assert (await error_from(client, script)).code == "outgoing_too_long"


@pytest.mark.parametrize(
    "script",
    [
        endless(OK.encode(), b"X-More: " + b"x" * 1000 + b"\r\n"),
        answer(b"", status="abc"),
        answer(b"", headers="Content-Length: 5\r\n"),
        endless(f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"zz\r\n"),
    ],
    ids=["endless-headers", "no-status", "two-lengths", "no-chunks"],
)
async def test_what_is_no_http_counts_as_unreachable(client: Client, script: Script) -> None:
    assert (await error_from(client, script)).code == "outgoing_unreachable"


async def test_a_bomb_is_not_unpacked(client: Client) -> None:
    bomb = gzip.compress(b'{"title": "' + b"0" * 500_000 + b'"}')
    error = await error_from(client, answer(bomb, headers="Content-Encoding: gzip\r\n"))
    assert error.code == "outgoing_compressed"


@pytest.mark.parametrize("place", ["/elsewhere", "http://169.254.169.254/", "https://example.com/x"])
async def test_no_redirect_is_followed(client: Client, place: str) -> None:
    async with scripted(answer(b"", status="302 Found", headers=f"Location: {place}\r\n")) as server:
        error = await error_of(client, server.address)
        assert (error.code, error.status, len(server.asked)) == ("outgoing_redirected", 302, 1)


async def test_a_cookie_is_not_kept(client: Client) -> None:
    async with scripted(answer(b"{}", headers="Set-Cookie: a=b; Path=/\r\n")) as server:
        for _ in range(2):
            await client.get(server.address)
        assert "cookie" not in server.asked[1].headers


async def test_a_server_that_says_nothing_is_given_up_after_the_seconds() -> None:
    clock = Called()
    async with scripted(silence) as server, Client(clock, KILO) as client:
        asking = asyncio.create_task(error_of(client, server.address))
        await until(lambda: bool(server.asked))
        clock.over.set()
        assert (await asking).code == "outgoing_timeout"
        assert clock.asked == [20.0]


async def test_a_byte_at_a_time_does_not_gain_time() -> None:
    """A bound on each read alone would be met for ever."""
    clock, written = Called(), 0

    async def drip(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(f"{OK}Content-Length: 900\r\n\r\n".encode())
        while not writer.is_closing():
            written += 1
            writer.write(b" ")
            await writer.drain()
            if written == 20:
                clock.over.set()
                await asyncio.Event().wait()

    async with Client(clock, KILO) as client:
        assert (await error_from(client, drip)).code == "outgoing_timeout"
    assert written == 20


async def test_a_request_that_is_cancelled_leaves_nothing_open(client: Client) -> None:
    async with scripted(silence) as server:
        asking = asyncio.create_task(client.get(server.address))
        await until(lambda: bool(server.asked))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_server_that_hangs_up_or_is_away_is_unreachable(client: Client) -> None:
    async def hang_up(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{OK}Content-Length: 900\r\n\r\n".encode())
        writer.close()

    assert (await error_from(client, hang_up)).code == "outgoing_unreachable"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert (await error_of(client, f"http://127.0.0.1:{taken.getsockname()[1]}")).code == "outgoing_unreachable"


@pytest.mark.parametrize(
    "address", ["", "songs", "ftp://a/b", "file:///etc/passwd", "http://", "http://a:b:c/", "http://[::1", "http://\0/"]
)
async def test_other_addresses_are_refused(client: Client, address: str) -> None:
    assert (await error_of(client, address)).code == "outgoing_address_invalid"


async def test_neither_query_nor_password_is_told(client: Client) -> None:
    async with scripted(answer(b"", status="401 No")) as server:
        address = server.address.replace("http://", "http://me:sesame@") + "/songs?token=abcdef"
        error = await error_of(client, address)
    assert error.status == 401
    assert "/songs" in error.message
    assert "sesame" not in error.message
    assert "abcdef" not in error.message


async def test_a_certificate_of_nobody_is_refused(client: Client, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *subject], check=True, capture_output=True)  # noqa: ASYNC221 - a tenth of a second
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with scripted(answer(b"{}"), tls=context) as server:
        assert (await error_of(client, server.address)).code == "outgoing_untrusted"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with scripted(answer(b'{"title": "One"}')) as server, Client(SystemClock(), KILO) as client:
        assert (await client.get(server.address)).json(Song) == Song("One")


async def test_a_proxy_that_is_named_is_used() -> None:
    async with scripted(answer(b'{"title": "One"}')) as server, Client(SystemClock(), proxy=server.address) as client:
        assert (await client.get("http://songs.example/one")).json(Song) == Song("One")
        assert server.asked[0].target == "http://songs.example/one"


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy:1080", "http://"])
def test_a_proxy_that_is_none_is_refused(proxy: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Client(SystemClock(), proxy=proxy)
    assert raised.value.code == "outgoing_proxy_invalid"


async def until(holds: Callable[[], bool]) -> None:
    """Let others go on until ``holds``."""
    while not holds():  # noqa: ASYNC110 - what a server of a test sees is no event
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rb'{"title":"a\ud800b"}', "ab"),
        (rb'{"title":"\ude00\ud83d"}', ""),
        (rb'{"title":"\\ud800\n\ud83d\ude00\uD7FF\uDC00"}', "\\ud800\n\U0001f600\ud7ff"),
    ],
)
async def test_a_lone_surrogate_is_left_out(client: Client, body: bytes, title: str) -> None:
    async with scripted(answer(body)) as server:
        assert (await client.get(server.address)).json(Song) == Song(title)


async def test_more_escapes_than_can_be_mended_in_time_are_refused() -> None:
    answered = Answer("http://here/", 200, rb'{"title":"\ud800' + rb"\n" * 50_000 + b'"}')
    with pytest.raises(OutgoingError, match="outgoing_unreadable"):
        answered.json(Song)
