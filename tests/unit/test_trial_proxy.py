"""The proxy that trials put before a database."""

import socket
import threading

from chaos.proxy import proxy

SECONDS_MAX = 10.0


def test_one_that_connects_as_the_proxy_ends_is_closed() -> None:
    held, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        may_go_on.wait(SECONDS_MAX)

    with proxy(upstream_port=1) as running:
        running._loop.call_soon_threadsafe(hold)
        assert held.wait(SECONDS_MAX)
        client = socket.create_connection(("127.0.0.1", running.port), SECONDS_MAX)
        running.end()  # its loop meets both in the same turn
        may_go_on.set()
    with client:
        assert client.recv(1) == b""
