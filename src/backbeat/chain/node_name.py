"""Whether the name of a node's host leads anywhere, told before gRPC has tried often enough to give up."""

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog

LOOKED_UP_SECONDS = 2.0  # a name server that answers at all does so within this

Lookup = Callable[[str], object]

log = structlog.get_logger(__name__)


def look_up(host: str) -> object:
    """Return the addresses of a host; OSError where it has none."""
    return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)


async def tell_if_unresolved(url: str, lookup: Lookup | None = None, seconds: float = LOOKED_UP_SECONDS) -> None:
    """Log a warning with its cure where the host's name does not resolve in time; who asks goes on trying."""
    host = urlsplit(url).hostname or ""
    if _is_number(host):
        return
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    # a thread of its own, for which the end of the program does not wait: a name server may be silent for a minute
    threading.Thread(target=_look_up, args=(host, found, lookup or look_up), daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            why = await found
    except TimeoutError:
        why = f"no answer within {seconds:g} s"
    if why:
        log.warning(
            "node_name_unresolved",
            host=host,
            error=f"The host {host!r} of the node does not resolve: {why}. Backbeat goes on trying.",
            cure="Check the name in chain.node_url, and that this machine's name server knows it: "
            f"`getent hosts {host}`.",
        )


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, found: "asyncio.Future[str]", lookup: Lookup) -> None:
    """Give the future why the host has no address, or nothing where it has."""
    try:
        lookup(host)
        why = ""
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
    loop = found.get_loop()
    if not loop.is_closed():
        try:
            loop.call_soon_threadsafe(_give, found, why)
        except RuntimeError:  # it was closed in this moment
            return


def _give(found: "asyncio.Future[str]", why: str) -> None:
    if not found.done():
        found.set_result(why)
