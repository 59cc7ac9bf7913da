"""Which names of this site a request may use: a page elsewhere can make its own name lead to our address."""

import ipaddress
import re
from collections.abc import Collection

ANY = "*"
LOCAL = "localhost"

_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::\d{1,5})?")


class Hosts:
    """Judges the Host header by the address that is ``bound`` and the names that the settings add.

    A loopback address answers to loopback names; any other address also to itself. Bound to every address, the site
    answers to all addresses, and to names without a dot, which nobody can register: a container's, a service's.
    """

    def __init__(self, bound: str = "", named: Collection[str] = ()) -> None:
        self._named = {_plain(name) for name in named}
        self._bound = _plain(bound)
        address = _address(self._bound)
        self._is_everywhere = not bound or (address is not None and address.is_unspecified)

    def admit(self, header: str) -> bool:
        """Say whether a Host header, with or without a port, names this site."""
        if ANY in self._named:
            return True
        found = _HOST.fullmatch(header.strip().lower())
        if found is None:
            return False
        host = _plain(found["v6"] or found["name"])
        if host in {self._bound, LOCAL} or host in self._named:
            return True
        address = _address(host)
        if address is not None:
            return address.is_loopback or self._is_everywhere
        return self._is_everywhere and "." not in host


def _plain(host: str) -> str:
    return host.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
