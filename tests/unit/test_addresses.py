"""What is wrong with an address is said by its part; the address itself is not told."""

import pytest

from backbeat.addresses import wrong_part

HTTP = ("http", "https")


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("", "is empty"),
        ("me:hunter2@host", "has no scheme, as http:// or https://"),
        ("ftp://me:hunter2@host", "has another scheme than http:// or https://"),
        ("http://me:hun ter2@host", "has a blank or a control character in it"),
        ("http://me:hunter2@host:hunter2", "has a port that is no number from 1 to 65535"),
        ("http://me:hunter2@host:0", "has a port that is no number from 1 to 65535"),
        ("http://", "has no host"),
        ("http://[hunter2", "has a host that cannot be read"),
        ("http://me:hunter2@host/", "has a user, a query or a fragment, which it must not have"),
        ("http://host/?hunter2", "has a user, a query or a fragment, which it must not have"),
    ],
)
def test_the_part_is_named(address: str, wrong: str) -> None:
    assert wrong_part(address, HTTP, bare=True) == wrong
    assert "hunter2" not in wrong
