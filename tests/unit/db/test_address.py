import pytest

from backbeat.db.address import parse
from backbeat.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:5433/d?pool_max_conns=50&host=%2Frun%2Fpg",
        "postgresql://u:p@h:5433/d?host=%2Frun%2Fpg&pool_max_conns=50",
        "user=u password=p port=5433 dbname=d pool_max_conns=50 host=/run/pg",
        "pool_max_conns = '50' user=u password=p port=5433 dbname=d host=/run/pg",
        "user=u password=p port=5433 dbname=d host=/run/pg pool_max_conns=50",
    ],
)
def test_the_pool_size_is_taken_out_and_all_else_kept(url: str) -> None:
    address = parse(url)
    assert address.pool_max_conns == 50
    assert address.parameters["user"] == "u"
    assert address.parameters["password"] == "p"  # noqa: S105 - made up
    assert address.parameters["port"] == "5433"
    assert address.parameters["dbname"] == "d"
    assert address.parameters["host"].endswith("/run/pg")
    assert "pool_max_conns" not in address.parameters


def test_a_password_that_looks_like_a_pool_size_stays() -> None:
    address = parse("dbname=d password=xpool_max_conns=7")
    assert address.pool_max_conns == 0
    assert address.parameters["password"] == "xpool_max_conns=7"  # noqa: S105 - made up


@pytest.mark.parametrize("size", ["many", "-1", "1.5", "²"])
def test_a_pool_size_that_is_no_number_is_refused(size: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(f"postgresql://h/d?pool_max_conns={size}")
    assert refused.value.code == "pool_max_conns_invalid"


@pytest.mark.parametrize("url", ["postgresql://h/d?no_such_word=1", "host", "postgresql://h:port/d?x"])
def test_an_address_that_libpq_cannot_read_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(url)
    assert refused.value.code == "database_url_invalid"


def test_a_session_adds_to_the_options_of_the_address() -> None:
    session = parse("host=h options='-c search_path=mine'").session("me", lock_timeout="5s")
    options = session["options"]
    assert options.startswith("-c search_path=mine -c backbeat.session=own ")
    assert "search_path=public" not in options
    assert "-c lock_timeout=5s" in options
    assert "-c lock_timeout=0" not in options
    assert session["application_name"] == "me"


def test_what_is_pinned_goes_before_what_the_address_asks_for() -> None:
    options = parse("host=h options='-c jit=on -c DateStyle=German'").session("me")["options"]
    assert options.index("-c jit=on") < options.index("-c jit=off")
    assert options.index("German") < options.index("-c DateStyle=ISO,MDY")
    assert r"-c default_transaction_isolation=read\ committed" in options


def test_neither_the_environment_nor_the_address_chooses_the_encoding_or_the_options_of_a_pooled_session() -> None:
    session = parse("postgresql://u@h/d?client_encoding=LATIN1").pooled_session("me")
    assert session["client_encoding"] == "UTF8"
    assert session["options"] == ""


def test_of_several_servers_the_one_that_takes_writes_is_wanted() -> None:
    session = parse("postgresql://u@a:5432,b:5433/d").session("me")
    assert session["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in parse("postgresql://u@a/d").session("me")
    asked = parse("postgresql://u@a,b/d?target_session_attrs=any").session("me")
    assert asked["target_session_attrs"] == "any"


def test_a_gone_server_is_noticed_by_tcp_unless_the_address_says_otherwise() -> None:
    session = parse("postgresql://u@a/d?keepalives_idle=60").session("me")
    assert session["keepalives_idle"] == "60"
    assert session["tcp_user_timeout"] == 20_000
