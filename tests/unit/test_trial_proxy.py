"""The proxy that trials put before a database."""

import gc
import socket
import threading
import warnings

from chaos.proxy import proxy


def test_one_that_connects_as_the_proxy_ends_is_closed() -> None:
    held, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        may_go_on.wait(10)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        with proxy(1) as running:
            running._loop.call_soon_threadsafe(hold)
            assert held.wait(10)
            client = socket.create_connection(("127.0.0.1", running.port))
            running.end()  # the loop meets both in the same turn
            may_go_on.set()
        del running
        gc.collect()
    client.close()
    assert [str(one.message) for one in seen] == []
