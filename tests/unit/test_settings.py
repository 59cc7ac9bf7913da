from pathlib import Path

import pytest

from backbeat.errors import ConfigError
from backbeat.settings import load


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("BACKBEAT_WEB_PROT", "BACKBEAT_WEB_PORT"),
        ("BACKBEAT_DB_URL", "BACKBEAT_DATABASE_URL"),
        ("BACKBEAT_DATABASE_POOL_MAX_CONN", "BACKBEAT_DATABASE_POOL_MAX_CONNS"),
        ("backbeat_web_port", "BACKBEAT_WEB_PORT"),
        ("BACKBEAT_NODE_URL", "BACKBEAT_CHAIN_NODE_URL"),
    ],
)
def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={name: "hunter2"})
    assert refused.value.code == "setting_unknown"
    assert name in refused.value.message
    assert f"Did you mean {near}?" in refused.value.cure
    assert "hunter2" not in str(refused.value)


def test_an_unknown_name_like_none_is_refused_too() -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={"BACKBEAT_Q": "1"})
    assert refused.value.code == "setting_unknown"


@pytest.mark.parametrize(
    ("text", "name", "near"),
    [
        ("[web]\nprot = 1\n", "web.prot", "web.port"),
        ("[wbe]\nport = 1\n", "wbe.port", "web.port"),
        ("data_directory = 'x'\n", "data_directory", "data_dir"),
    ],
)
def test_an_unknown_name_in_the_file_is_refused_with_the_nearest(
    tmp_path: Path, text: str, name: str, near: str
) -> None:
    file = tmp_path / "backbeat.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(environ={}, file=file)
    assert refused.value.code == "setting_unknown"
    assert name in refused.value.message
    assert str(file) in refused.value.message
    assert f"Did you mean {near}?" in refused.value.cure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKBEAT_SERVICE_HOST", "10.0.0.1"),
        ("BACKBEAT_SERVICE_PORT", "8480"),
        ("BACKBEAT_SERVICE_PORT_HTTP", "8480"),
        ("BACKBEAT_PORT", "tcp://10.0.0.1:8480"),
        ("BACKBEAT_PORT_8480_TCP", "tcp://10.0.0.1:8480"),
        ("BACKBEAT_PORT_8480_TCP_ADDR", "10.0.0.1"),
        ("BACKBEAT_WEB_SERVICE_HOST", "10.0.0.1"),
        ("BACKBEAT_WEB_PORT", "tcp://10.0.0.1:8480"),
        ("BACKBEAT_TEST_POSTGRES", "18"),
    ],
)
def test_what_kubernetes_tells_of_a_service_named_like_us_is_no_setting(name: str, value: str) -> None:
    loaded = load(environ={name: value})
    assert loaded.origins == {}


@pytest.mark.parametrize("name", ["BACKBEAT_DATABASE_URL", "BACKBEAT_CHAIN_NODE_URL", "BACKBEAT_WEB_HOTS"])
def test_an_address_in_any_other_name_is_a_setting(name: str) -> None:
    """Passed over, another database than was meant would be filled."""
    if name.endswith("HOTS"):
        with pytest.raises(ConfigError) as refused:
            load(environ={name: "tcp://10.0.0.1:5432"})
        assert refused.value.code == "setting_unknown"
    else:
        assert list(load(environ={name: "tcp://10.0.0.1:5432"}).origins.values()) == ["environment"]


def test_lists_and_maps_come_from_the_environment() -> None:
    environ = {"BACKBEAT_WEB_HOSTS": "a, b", "BACKBEAT_JOBS_EVERY_SECONDS": "x=10, y=20", "BACKBEAT_JOBS_OFF": ""}
    settings = load(environ=environ).settings
    assert settings.web.hosts == ("a", "b")
    assert settings.jobs.every_seconds == {"x": 10.0, "y": 20.0}
    assert settings.jobs.off == ()


def test_a_map_without_values_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={"BACKBEAT_JOBS_EVERY_SECONDS": "x=10,y"})
    assert refused.value.code == "setting_invalid"
    assert "'y' has no value" in refused.value.message


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("name", "value"), [("BACKBEAT_DATABASE_WAIT_SECONDS", "{}"), ("BACKBEAT_JOBS_EVERY_SECONDS", "x={}")]
)
def test_numbers_that_nothing_can_be_timed_by_are_refused(name: str, value: str, number: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={name: value.format(number)})
    assert refused.value.code == "setting_invalid"
    assert f"{number} is no finite number" in refused.value.message
