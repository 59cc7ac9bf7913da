import pytest

from backbeat.db.address import connect, parse
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


@pytest.mark.parametrize("url", ["postgresql://h:port/d", "host", "postgresql://h/d?x"])
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


@pytest.mark.parametrize(
    "scheme",
    [
        *("postgres", "postgresql", "POSTGRESQL", "postgresql+psycopg2", "postgresql+asyncpg", "postgresql+psycopg"),
        *("postgres+pgx", "jdbc:postgresql"),
    ],
)
def test_an_address_of_another_driver_is_taken(scheme: str) -> None:
    address = parse(f" {scheme}://u:p@h:5433/d?sslmode=require\n")
    assert address.parameters == parse("postgresql://u:p@h:5433/d?sslmode=require").parameters


PGX = (
    "pool_max_conns=40&pool_min_conns=2&pool_min_idle_conns=1&pool_max_conn_lifetime=1h&pool_max_conn_idle_time=30m"
    "&pool_health_check_period=1m&pool_max_conn_lifetime_jitter=5m&default_query_exec_mode=simple_protocol"
    "&statement_cache_capacity=0&description_cache_capacity=0&binary_parameters=yes&sslmode=disable"
)


@pytest.mark.parametrize("address", [f"postgresql://u@h/d?{PGX}", f"user=u host=h dbname=d {PGX.replace('&', ' ')}"])
def test_parameters_of_pgx_are_taken_or_passed_over(address: str) -> None:
    read = parse(address)
    assert read.pool_max_conns == 40
    assert read.parameters == {"user": "u", "host": "h", "dbname": "d", "sslmode": "disable"}
    assert "pool_min_conns" in read.ignored_parameters
    assert "binary_parameters" in read.ignored_parameters
    assert len(read.ignored_parameters) == 10


def test_settings_of_the_server_become_options() -> None:
    read = parse("postgresql://h/d?search_path=a,%20b&statement_timeout=5000&options=-c%20jit%3Doff&TimeZone=UTC")
    assert read.parameters["options"] == r"-c jit=off -c search_path=a,\ b -c statement_timeout=5000 -c timezone=UTC"


def test_asyncpg_names_the_mode_of_tls_otherwise() -> None:
    assert parse("postgresql+asyncpg://h/d?ssl=require").parameters["sslmode"] == "require"
    assert parse("postgresql://h/d?ssl=true").parameters["sslmode"] == "require"


@pytest.mark.parametrize(
    ("address", "number", "cure"),
    [
        ("postgresql://h/d?sslmod=require", 1, "sslmode"),
        ("postgresql://h/d?sslmode=require&pool_max_con=5", 2, "pool_max_conns"),
        ("host=h dbname=d conect_timeout=5", 3, "connect_timeout"),
        ("postgresql://h/d?schema=public", 1, "options"),
    ],
)
def test_a_parameter_that_nobody_knows_is_pointed_at_with_its_cure(address: str, number: int, cure: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(address)
    assert refused.value.code == "database_parameter_unknown"
    assert f"Parameter {number} of the database address" in refused.value.message
    assert cure in refused.value.cure


@pytest.mark.parametrize("value", ["'a pool_max_conns=7 b'", r"'it\'s pool_max_conns=7'", r"a\ pool_max_conns=7"])
def test_what_looks_like_a_parameter_within_a_value_is_none(value: str) -> None:
    read = parse(f"dbname=d password={value} host=h")
    assert read.pool_max_conns == 0
    assert "pool_max_conns=7" in read.parameters["password"]
    assert read.parameters["host"] == "h"


def test_a_password_may_hold_what_separates_parameters() -> None:
    read = parse("postgresql://u:a?pool_max_conns=7&b=c@h/d?pool_max_conns=30")
    assert read.parameters["password"] == "a?pool_max_conns=7&b=c"  # noqa: S105 - made up
    assert read.pool_max_conns == 30


@pytest.mark.parametrize(
    "address",
    [
        *("mysql://u:hunter2@h/d", "hunter2", "postgresql://u:hunter2/x@h/d", "host='hunter2"),
        *("postgresql://h:hunter2/d", "postgresql://h/d?hunter2", "password=hunter2 x", "'postgresql://u:hunter2@h/d'"),
        *(
            "hunter2://h/d",
            "u:hunter2@h/d",
            'password="hun" hunter2',
            "host=h ='hunter2",
            "postgresql://u:%hunter2@h/d",
        ),
        *("postgresql://[hunter2/d", "postgresql://[h]hunter2/d", "host=h port=hunter2", "hunter2"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_telling_it(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(address)
    assert refused.value.code == "database_url_invalid"
    assert "hunter2" not in f"{refused.value} {refused.value.cure}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@127.0.0.1:1/d?sslmode=foo",
        "postgresql://u@127.0.0.1:1/d?target_session_attrs=foo",
        "postgresql://u@127.0.0.1:1/d?channel_binding=foo",
        "postgresql://u@127.0.0.1:1/d?connect_timeout=foo",
        "postgresql://u@127.0.0.1:1/d?keepalives_idle=foo",
        "postgresql://u@127.0.0.1:99999/d",
        "postgresql://u@127.0.0.1:0/d",
        "host=127.0.0.1,127.0.0.2 port=1,2,3",
        "service=nowhere",
        "  ",
    ],
)
async def test_a_value_that_no_server_could_make_right_is_not_waited_for(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await connect(parse(url), "test")
    assert (refused.value.code, refused.value.exit_status) == ("database_url_invalid", 78)


@pytest.mark.parametrize(
    "address", ["postgresql://u:pass/x?hunter2=1@h/d", "host=h password=my hunter2=1", "postgresql://h/d?hunter2=1"]
)
def test_a_piece_of_a_password_that_looks_like_a_parameter_is_not_told(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(address)
    assert "hunter2" not in f"{refused.value} {refused.value.cure}"
