from pathlib import Path

import pytest
from msgspec.inspect import FloatType, IntType

from backbeat import settings_values
from backbeat.errors import ConfigError
from backbeat.settings import Settings
from backbeat.settings_layers import known_names, load


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


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((text, True) for text in ("true", "yes", "on", "1", "Yes", " ON ")),
        *((text, False) for text in ("false", "no", "off", "0", "No", "OFF")),
    ],
)
def test_yes_and_no_are_understood(text: str, wanted: bool) -> None:
    assert load(environ={"BACKBEAT_WEB_ENABLED": text}).settings.web.enabled is wanted


def test_words_are_understood_in_any_case() -> None:
    settings = load(environ={"BACKBEAT_LOG_LEVEL": "WARNING", "BACKBEAT_CHAIN_SOURCE": " Node "}).settings
    assert (settings.log.level, settings.chain.source) == ("warning", "node")


@pytest.mark.parametrize(
    ("name", "value", "given", "allowed"),
    [
        ("WEB_PORT", "many", "it is given 'many'", "a whole number from 0 to 65535"),
        ("WEB_PORT", "65536", "it is given '65536'", "a whole number from 0 to 65535"),
        ("WEB_ENABLED", "maybe", "it is given 'maybe'", "true or false; yes, no, on and off are understood"),
        ("JOBS_CONCURRENT_MAX", "0", "it is given '0'", "a whole number from 1"),
        ("DATABASE_READS_POOL", "0", "it is given '0'", "a whole number from 1"),
        ("JOBS_YIELD_LAG_BLOCKS", "-1", "it is given '-1'", "a whole number from 0"),
        ("DATABASE_LOCK_TIMEOUT_SECONDS", "0", "it is given '0'", "a number from 0.001"),
        ("DATABASE_WAIT_SECONDS", "-0.5", "it is given '-0.5'", "a number from 0"),
        ("JOBS_VERIFY_SECONDS_PER_HOUR", "3601", "it is given '3601'", "a number from 0 to 3600"),
        ("JOBS_STAGGER_SECONDS", "1e300", "it is given '1e300'", "a number from 0"),
        ("CHAIN_SOURCE", "nodes", "it is given 'nodes'", "node, recording or simulator"),
        ("SIMULATOR_ROLLOVER_BLOCKS", "5,0", "it is given '5, 0'", "a list, separated by commas, of which each is"),
        ("JOBS_EVERY_SECONDS", "x=soon", "it is given 'x=soon'", "name=value pairs, separated by commas"),
        ("JOBS_EVERY_SECONDS", "=5", "a value, '5', has no name", "name=value pairs"),
        ("JOBS_EVERY_SECONDS", "x=1,x=2", "'x' is given twice", "name=value pairs"),
        (
            "CHALLENGES_FIRST_RUN_OF",
            "v=later",
            "it is given 'v=later'",
            "name=value pairs, separated by commas, of which",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_what_is_allowed(name: str, value: str, given: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={f"BACKBEAT_{name}": value})
    assert refused.value.code == "setting_invalid"
    assert given in refused.value.message
    assert "(from environment)" in refused.value.message
    assert f"It takes {allowed}" in refused.value.cure


def test_every_setting_says_what_it_takes() -> None:
    kinds = settings_values.kinds(Settings)
    assert set(kinds) == set(known_names())
    assert all(settings_values.allowed(kind) for kind in kinds.values())


def test_every_number_has_bounds() -> None:
    """But for the seed, of which every value is a network."""
    kinds = {name: kind for name, kind in settings_values.kinds(Settings).items() if name != "simulator.seed"}
    numbers = {name: kind for name, kind in kinds.items() if isinstance(kind, (IntType, FloatType))}
    assert len(numbers) > 40
    assert [name for name, kind in numbers.items() if kind.ge is None or kind.le is None] == []


@pytest.mark.parametrize("value", ["me:hunter2@host", "ftp://me:hunter2@host"])
def test_a_value_that_may_be_an_address_is_not_told(value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environ={"BACKBEAT_WEB_PORT": value, "BACKBEAT_LOG_LEVEL": value})
    assert "hunter2" not in f"{refused.value} {refused.value.cure}"


def test_a_secret_of_the_wrong_kind_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "backbeat.toml"
    file.write_text("[web]\ntoken = [123456789]\n")
    with pytest.raises(ConfigError) as refused:
        load(environ={}, file=file)
    assert "123456789" not in f"{refused.value} {refused.value.cure}"
