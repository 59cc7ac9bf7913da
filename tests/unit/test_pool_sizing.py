import msgspec
import pytest

from backbeat.db.address import parse
from backbeat.db.lanes import plan
from backbeat.db.server import ServerInfo, check_limits
from backbeat.errors import ConfigError
from backbeat.settings import DatabaseSettings


def server(**facts: int) -> ServerInfo:
    known = {"connections_max": 100, "reserved": 3, "role_connections_max": -1, "database_connections_max": -1}
    return msgspec.convert({"version_number": 180004, "version": "18.4", **known, **facts}, ServerInfo)


@pytest.mark.parametrize(
    ("setting", "in_url", "size"),
    [
        (0, 0, 20),
        (8, 0, 20),
        (10, 0, 20),
        (20, 0, 20),
        (21, 0, 21),
        (50, 0, 50),
        (64, 0, 64),
        (0, 8, 20),
        (0, 50, 50),
        (64, 50, 64),
        (8, 50, 20),
    ],
)
def test_34_the_jobs_lane_is_what_was_requested_and_never_below_twenty(setting: int, in_url: int, size: int) -> None:
    settings = DatabaseSettings(pool_max_conns=setting)
    assert plan(settings, in_url)["jobs"].connections_max == size


@pytest.mark.parametrize(
    ("url", "size"),
    [
        ("postgresql://u@h/d", 20),
        ("postgresql://u@h/d?pool_max_conns=10", 20),
        ("postgresql://u@h/d?sslmode=disable&pool_max_conns=64", 64),
        ("host=h dbname=d pool_max_conns=64", 64),
    ],
)
def test_the_request_may_come_from_the_address(url: str, size: int) -> None:
    assert plan(DatabaseSettings(), parse(url).pool_max_conns)["jobs"].connections_max == size


def test_the_other_lanes_are_as_set() -> None:
    lanes = plan(DatabaseSettings(indexing_pool=1, control_pool=5, status_pool=3, reads_pool=9), 0)
    assert {name: lane.connections_max for name, lane in lanes.items()} == {
        "indexing": 1,
        "control": 5,
        "jobs": 20,
        "status": 3,
        "reads": 9,
    }


def test_lanes_that_just_fit_are_accepted() -> None:
    check_limits(server(connections_max=35), {"indexing": 2, "control": 3, "jobs": 20, "reads": 4})
    with pytest.raises(ConfigError, match="may open 29 connections"):
        check_limits(server(connections_max=34), {"indexing": 2, "control": 3, "jobs": 20, "reads": 4})


@pytest.mark.parametrize("limit", ["role_connections_max", "database_connections_max"])
def test_limits_of_the_user_and_the_database_count_too(limit: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_limits(server(**{limit: 10}), {"jobs": 20})
    assert refused.value.code == "pools_exceed_server"
    assert "jobs 20" in refused.value.message
    assert "admits 10" in refused.value.message
    assert "pool_max_conns" in refused.value.cure


def test_a_lane_without_connections_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        check_limits(server(), {"jobs": 20, "reads": 0})
    assert refused.value.code == "pool_empty"
    assert "database.reads_pool" in refused.value.cure
