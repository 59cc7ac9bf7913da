"""Asking other programs over HTTP. They may be slow, wrong, huge or hostile: time, bytes and connections are bounded.

A request ends within its seconds, dripping or not. Bytes are counted as they come, and no compressed body is asked for
or taken: a short one may unfold to any length. No redirect is followed, no cookie kept, and of the environment nothing
is trusted but OpenSSL's own ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``; a proxy is one that the settings name. An answer is
decoded in one go, so that ``bytes_max`` is also what bounds how long the event loop stands still for it.

Nobody may wait for HTTP within a transaction of the database.
"""

import ssl
from collections.abc import Iterator, Mapping
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Self

import httpx
import msgspec

from backbeat import __version__
from backbeat.addresses import wrong_part
from backbeat.clock import Clock
from backbeat.errors import ConfigError, OutgoingError
from backbeat.outgoing.answer import Answer, retry_seconds, said
from backbeat.outgoing.deadline import deadline

SCHEMES: Final = ("http", "https")
_REFUSAL_BYTES_MAX: Final = 65_536  # of an answer that is no success: enough to read it off and keep the connection
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"backbeat/{__version__}"}


class Limits(msgspec.Struct, frozen=True):
    """What a client allows others."""

    seconds: float = 30.0
    """How long a request may take, from its beginning until its last byte."""
    bytes_max: int = 4 * 2**20  # decoding that takes some 20 ms
    """The longest body that is taken."""
    connections_max: int = 8
    """Connections at once; they are used again while the client is open."""


class Client:
    """Connections to other programs, open while the ``async with`` is. ``transport`` is what tests put below it.

    A ``proxy`` that is none raises ConfigError.

    :meth:`get` raises OutgoingError and nothing else:

    * ``outgoing_address_invalid``: it is no ``http://`` or ``https://``.
    * ``outgoing_unreachable``, ``outgoing_untrusted`` (TLS), ``outgoing_timeout``.
    * ``outgoing_redirected``, ``outgoing_compressed``, ``outgoing_too_long``.
    """

    def __init__(
        self,
        clock: Clock,
        limits: Limits | None = None,
        *,
        proxy: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        connections = self._limits.connections_max
        self._http = httpx.AsyncClient(
            headers=_HEADERS,
            verify=_trusted(),
            trust_env=False,
            proxy=proxy_of(proxy) if proxy else None,
            transport=transport,
            timeout=None,  # noqa: S113 - the deadline bounds the whole request
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(
        self, address: str, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return what is answered under ``address``, whatever its status but a redirect."""
        url = _checked(address)
        source = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
        try:
            async with deadline(self._clock, self._limits.seconds):
                request = self._http.build_request("GET", url, params=query or None, headers=headers)
                return await self._exchange(request, source)
        except TimeoutError as error:
            raise OutgoingError(
                "outgoing_timeout",
                f"{source} did not answer whole within {self._limits.seconds:g} s.",
                cure="Check that the service is well and near enough; we ask again.",
            ) from error
        except httpx.TransportError as error:
            raise _unreachable(source, error) from error

    async def _exchange(self, request: httpx.Request, source: str) -> Answer:
        response = await self._http.send(request, stream=True)
        try:
            _refuse_redirect(response, source)
            return Answer(
                source=source,
                status=response.status_code,
                body=await self._body(response, source),
                content_type=response.headers.get("content-type", ""),
                retry_seconds=retry_seconds(response.headers.get("retry-after", ""), self._clock.now()),
            )
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response, source: str) -> bytes:
        if response.is_success:
            _refuse_compressed(response, source)
        bytes_max = self._limits.bytes_max if response.is_success else _REFUSAL_BYTES_MAX
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > bytes_max:
                if response.is_success:
                    raise _too_long(source, bytes_max)
                return b""
        return bytes(body)


@lru_cache(maxsize=1)  # reading the certificates takes some 20 ms
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def proxy_of(address: str) -> httpx.Proxy:
    """Return the proxy at an address. Raises ConfigError for one that is none."""
    url = _url(address)
    if url is None:
        raise ConfigError(
            "outgoing_proxy_invalid",
            f"The address of the proxy in outgoing.proxy {wrong_part(address, SCHEMES)}.",
            cure="Write outgoing.proxy as http://host:port or https://host:port.",
        )
    return httpx.Proxy(url)


def _checked(address: str) -> httpx.URL:
    url = _url(address)
    if url is None:
        raise OutgoingError(
            "outgoing_address_invalid",
            f"An address that is to be asked {wrong_part(address, SCHEMES)}.",
            cure="Write it as http://host/path or https://host/path where it comes from.",
        )
    return url


def _url(address: str) -> httpx.URL | None:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        return None
    return url if url.scheme in SCHEMES and url.host else None


def _refuse_redirect(response: httpx.Response, source: str) -> None:
    if response.is_redirect:
        raise OutgoingError(
            "outgoing_redirected",
            f"{source} sends us on to {said(response.headers.get('location', ''))!r}; we do not follow.",
            cure="If that is where the service is now, write its address into the settings.",
            status=response.status_code,
        )


def _refuse_compressed(response: httpx.Response, source: str) -> None:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in {"", "identity"}:
        raise OutgoingError(
            "outgoing_compressed",
            f"{source} answers compressed ({said(encoding)}), which we did not ask for and do not take.",
            cure="Have the service, or the gateway before it, heed Accept-Encoding: identity.",
            status=response.status_code,
        )


def _too_long(source: str, bytes_max: int) -> OutgoingError:
    return OutgoingError(
        "outgoing_too_long",
        f"{source} answers with more than {bytes_max} bytes.",
        cure="Check that the address is that of the service itself; no answer of it should be as long.",
    )


def _unreachable(source: str, error: httpx.TransportError) -> OutgoingError:
    if any(isinstance(each, ssl.SSLError) for each in _causes(error)):
        return OutgoingError(
            "outgoing_untrusted",
            f"{source} cannot be trusted: {said(str(error))}",
            cure="Check its certificate and this machine's time; SSL_CERT_FILE names other authorities to trust.",
        )
    return OutgoingError(
        "outgoing_unreachable",
        f"{source} cannot be reached: {said(str(error)) or type(error).__name__}",
        cure="Check the address in the settings, and that this machine may reach it; we ask again.",
    )


def _causes(error: BaseException) -> Iterator[Any]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
