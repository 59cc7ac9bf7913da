import pytest

from backbeat.api.hosts import Hosts


@pytest.mark.parametrize(
    ("bound", "named", "header", "admitted"),
    [
        ("127.0.0.1", (), "127.0.0.1:8480", True),
        ("127.0.0.1", (), "localhost", True),
        ("127.0.0.1", (), "LocalHost.:8480", True),
        ("127.0.0.1", (), "[::1]:8480", True),
        ("127.0.0.1", (), "127.8.8.8", True),
        ("127.0.0.1", (), "192.0.2.7", False),
        ("127.0.0.1", (), "backbeat", False),
        ("127.0.0.1", (), "evil.example", False),
        ("127.0.0.1", (), "localhost.evil.example", False),
        ("127.0.0.1", (), "127.0.0.1.evil.example", False),
        ("127.0.0.1", (), "evil.example@localhost", False),
        ("127.0.0.1", (), "localhost:8480:80", False),
        ("127.0.0.1", (), "localhost/", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", ("music.example",), "Music.Example:443", True),
        ("127.0.0.1", ("music.example",), "www.music.example", False),
        ("127.0.0.1", ("*",), "evil.example", True),
        ("192.0.2.7", (), "192.0.2.7", True),
        ("192.0.2.7", (), "192.0.2.8", False),
        ("192.0.2.7", (), "localhost", True),
        ("db.example", (), "db.example:8480", True),
        ("0.0.0.0", (), "192.0.2.8:8480", True),  # noqa: S104 - nothing listens
        ("0.0.0.0", (), "backbeat:8480", True),  # noqa: S104 - nothing listens
        ("0.0.0.0", (), "evil.example", False),  # noqa: S104 - nothing listens
        ("::", (), "[2001:db8::1]", True),
        ("::", (), "2001:db8::1", False),
        ("::", (), "evil.example", False),
    ],
)
def test_a_request_has_to_name_this_site(bound: str, named: tuple[str, ...], header: str, admitted: bool) -> None:
    assert Hosts(bound, named).admit(header) is admitted
