"""What is wrong with an address that cannot be used, without telling it: a part of it may be a password."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

PORT_MAX = 65_535

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def wrong_part(address: str, schemes: Sequence[str], *, bare: bool = False) -> str:
    """Return which part of ``address`` is wrong, as what follows "it": "has no host".

    ``bare``: it may have neither user, query nor fragment.
    """
    if not address.strip():
        return "is empty"
    if any(each.isspace() or not each.isprintable() for each in address):
        return "has a blank or a control character in it"
    if not address.lower().startswith(tuple(f"{scheme}://" for scheme in schemes)):
        has = "another scheme than" if _SCHEME.match(address) else "no scheme, as"
        return f"has {has} {' or '.join(f'{scheme}://' for scheme in schemes)}"
    return _wrong_place(address, bare=bare)


def _wrong_place(address: str, *, bare: bool) -> str:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return "has a host that cannot be read"
    if not host:
        return "has no host"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return f"has a port that is no number from 1 to {PORT_MAX}"
    if bare and (parts.username is not None or parts.query or parts.fragment):
        return "has a user, a query or a fragment, which it must not have"
    return "cannot be read"
