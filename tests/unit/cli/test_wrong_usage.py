"""Two hundred wrong usages: each ends with a message, a cure and a status; no traceback, and no secret is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backbeat.errors import Exit
from builders.terminal import backbeat
from builders.verbs import ARGUMENTS, arguments, verbs
from builders.wrong_usage import Wrong, wrong_values

SECRET = "hunter2"  # noqa: S105 - made up
USAGE, CONFIG, UNAVAILABLE = Exit.USAGE, Exit.CONFIG, Exit.UNAVAILABLE


def usages() -> Iterator[Wrong]:
    """What the command line cannot understand, of every verb."""
    for path in verbs():
        yield Wrong((*path, "--no-such-option"), "command_line_invalid", USAGE, "--no-such-option", " ".join(path))
        yield Wrong((*path, "--log-level"), "command_line_invalid", USAGE, "--log-level")
        given = arguments(path, Path("/nowhere/at/all.blocks"))
        if not any("nowhere" in each for each in given):
            config = ("--config", "/nowhere/at/all.toml")
            yield Wrong((*path, *given, *config), "settings_file_unreadable", CONFIG, "/nowhere/at/all")
    for name in ("statsu", "job", "u", "challenge", "--nothing", "migrat", "UP", ""):
        yield Wrong((name,), "command_line_invalid", USAGE, "", "backbeat --help")
    for path in (("jobs", "puase"), ("rejected", "lst"), ("trending", "tops"), ("trending", "indexes", "make")):
        yield Wrong(path, "command_line_invalid", USAGE, path[-1], "Did you mean" if path[-1] != "make" else "--help")

    place = ("--data-dir", "/nowhere/at/all")
    for group in ("rejected", "jobs", "challenges", "trending", "plays", "snapshot"):
        yield Wrong(
            (group, *place), "command_line_invalid", USAGE, f"No verb of `backbeat {group}`", "before or behind"
        )
    before_the_verb = ("rejected", "--limit", "3", "list")
    yield Wrong(before_the_verb, "command_line_invalid", USAGE, "--limit", "Put it behind `backbeat rejected list`.")
    yield Wrong(("rejected", "--limt", "3", "list"), "command_line_invalid", USAGE, "No such option: --limt")


ADDRESSES = (
    *(f"me:{SECRET}@host/db", f"{SECRET}", f"ftp://me:{SECRET}@host/db", f"postgresql://me:{SECRET}/x@host/db"),
    *(f"postgresql://me:{SECRET}@[host/db", f"host=h password={SECRET} x", f"host=h password='{SECRET}"),
    *(f"postgresql://me:%{SECRET}@host/db", f"postgresql://host/db?{SECRET}", f"postgresql://me:p@{SECRET}@host/db"),
    *(f"postgresql://host/db?sslmod=1&{SECRET}=1", f"postgresql://me:a/b?{SECRET}=1@host/db", f"port={SECRET}"),
    *(f"postgresql://host/db?pool_max_conns={SECRET}", f"'postgresql://me:{SECRET}@host/db'", f"{SECRET}://host/db"),
    *("   ", "postgresql://host:99999999/db?connect_timeout=x"),
)


def addresses() -> Iterator[Wrong]:
    """Addresses that cannot be read: pointed at, never told."""
    for address in ADDRESSES:
        code = "database_parameter_unknown" if "=1" in address else "database_url_invalid"
        code = "pool_max_conns_invalid" if "pool_max" in address else code
        for path in (("status",), ("settings",)):
            yield Wrong((*path, "--database", address), code, CONFIG)
    for node in (
        f"me:{SECRET}@host",
        f"http://me:{SECRET}@host",
        f"grpc://{SECRET} x",
        f"grpc://host:{SECRET}",
        f"grpc://me:{SECRET}@host:1",
    ):
        yield Wrong(
            ("settings",), "node_url_invalid", CONFIG, "chain.node_url", "grpc://", env=[_of("CHAIN_NODE_URL", node)]
        )
        yield Wrong(("settings",), "node_url_invalid", CONFIG, "", "grpc://", env=[_of("CHAIN_WITNESS_URL", node)])
    for proxy in (f"{SECRET}:80", f"socks://{SECRET}", "http://"):
        yield Wrong(("settings",), "outgoing_proxy_invalid", CONFIG, "", "http://", env=[_of("OUTGOING_PROXY", proxy)])
    for extra in (f"postgresql://me:{SECRET}@h/d", f"password={SECRET}"):
        yield Wrong(("status", extra), "command_line_invalid", USAGE, "too many")
    yield Wrong(("status", "--database", "host=h", f"{SECRET}"), "command_line_invalid", USAGE, "too many")
    yield Wrong(("simulate", "--serve", f"{SECRET}"), "serve_address_invalid", CONFIG, "no host and port")


def _of(name: str, value: str) -> tuple[str, str]:
    return f"BACKBEAT_{name}", value


SETTINGS = (
    *("WEB_PORT=many", "WEB_PORT=-1", "WEB_PORT=70000", "WEB_ENABLED=maybe", "LOG_LEVEL=loud", "LOG_FORMAT=xml"),
    *("JOBS_CONCURRENT_MAX=0", "JOBS_POLL_SECONDS=0", "JOBS_POLL_SECONDS=-1", "JOBS_LEASE_SECONDS=nan"),
    *("JOBS_YIELD_LAG_BLOCKS=-5", "JOBS_YIELD_SECONDS_MAX=-1", "JOBS_REJECTED_DAYS=-1", "JOBS_ACTS_ROWS_MAX=0"),
    *("INDEX_BATCH_BLOCKS_MAX=0", "INDEX_BATCH_SECONDS=inf", "INDEX_LEASE_SECONDS=0", "INDEX_AHEAD_BYTES_MAX=-1"),
    *("DATABASE_INDEXING_POOL=0", "DATABASE_CONTROL_POOL=0", "DATABASE_STATUS_POOL=x", "DATABASE_PORT=99999"),
    *("DATABASE_PREPARED_STATEMENTS=sometimes", "DATABASE_STATEMENT_TIMEOUT_SECONDS=0", "DATABASE_WAIT_SECONDS=x"),
    *("CHAIN_SOURCE=ethereum", "CHAIN_NETWORK=main", "CHAIN_START_HEIGHT=-1", "CHAIN_TXS_PER_BLOCK=0"),
    *("CHAIN_REPLAY_WINDOW_DAYS=-1", "SIMULATOR_BLOCK_SECONDS=0", "SIMULATOR_TXS_PER_SECOND=-1", "SIMULATOR_SEED=x"),
    *("CHALLENGES_FIRST_RUN=never", "CHALLENGES_FIRST_RUN_OF=v", "CHALLENGES_WEEKLY_WINNERS=some"),
    *("JOBS_EVERY_SECONDS=x", "JOBS_EVERY_SECONDS==1", "JOBS_EVERY_SECONDS=a=1,a=2", "JOBS_REFRESH_VIEWS=v=often"),
)
UNKNOWN = ("WEB_PROT", "DB_URL", "JOBS_CONCURENT_MAX", "LOGLEVEL", "CHAIN_SOURCES", "SIMULATOR_SEEDS", "Q")
UNWORKABLE = (
    ("JOBS_OFF=trending.track", "job_unknown", "Did you mean trending.tracks?"),
    ("JOBS_PAUSED=user_listening_histories", "job_unknown", "Did you mean user_listening_history?"),
    ("JOBS_EVERY_SECONDS=user_listening_history=0", "job_interval_invalid", "above 0"),
    ("JOBS_TIMEOUT_SECONDS=user_listening_history=-1", "job_timeout_invalid", "above 0"),
    ("WEB_TOKEN=hunter2", "web_token_weak", "Make one"),
)


def settings() -> Iterator[Wrong]:
    """Settings that cannot work, at the start of a program and where they are shown."""
    for each in SETTINGS:
        name, _, value = each.partition("=")
        for path in (("settings",), ("status",)):
            yield Wrong(path, "setting_invalid", CONFIG, "from environment", "It takes ", [_of(name, value)])
    for name in UNKNOWN:
        cure = "`backbeat settings` lists" if name == "Q" else "Did you mean BACKBEAT_"
        yield Wrong(("up",), "setting_unknown", CONFIG, f"BACKBEAT_{name}", cure, [_of(name, SECRET)])
    for each, code, cure in UNWORKABLE:
        name, _, value = each.partition("=")
        for path in (("settings",), ("up",)):
            yield Wrong(path, code, CONFIG, "", cure, [_of(name, value)])


def values() -> Iterator[Wrong]:
    """Values and combinations that a verb cannot use."""
    invalid = "command_line_invalid"
    yield from (
        Wrong(("jobs", "history", "x", "--limit", "0"), invalid, USAGE, "greater than or equal to 1"),
        Wrong(("jobs", "history", "x", "--limit", "many"), invalid, USAGE, "valid integer"),
        Wrong(("jobs", "show"), invalid, USAGE, "Missing argument 'NAME'"),
        Wrong(("jobs", "show", "a", "b"), invalid, USAGE, "too many arguments: b"),
        Wrong(("rejected", "list", "--user", "9" * 20), invalid, USAGE, "less than or equal"),
        Wrong(("challenges", "explain", "1"), invalid, USAGE, "Missing argument"),
        Wrong(("rejected", "show", "somewhere"), invalid, USAGE, "621.0"),
        Wrong(
            ("rejected", "list", "--reason", "duplicat"), "reason_unknown", USAGE, "duplicat", "Did you mean duplicate?"
        ),
        Wrong(("rejected", "replay", "--reason", "replayed"), "replayed_stays_refused", USAGE),
        Wrong(("trending", "top", "--range", "day"), invalid, USAGE, "'day' is not one of"),
        Wrong(("trending", "top", "--playlists", "--genre", "Rock"), "trending_options_clash", USAGE),
        Wrong(("up", "--port", "70000"), invalid, USAGE, "less than or equal to 65535"),
        Wrong(
            ("up", "--recording", "a", "--node", "grpc://b"), "source_options_clash", USAGE, "--recording and --node"
        ),
        Wrong(("up", "--simulate", "--node", "grpc://b"), "source_options_clash", USAGE, "--node and --simulate"),
        Wrong(("up", "--node", "grpc://b", "--seed", "2"), "source_options_clash", USAGE, "--seed", "--seed"),
        Wrong(("up", "--txs-per-block", "2"), "source_options_clash", USAGE, "--txs-per-block"),
        Wrong(("up", "--recording", "nowhere.blocks"), "recording_not_found", CONFIG, "nowhere.blocks", "simulate"),
        Wrong(("index", "--infer-snapshot"), "snapshot_without_recording", CONFIG),
        Wrong(("simulate",), "simulate_what", CONFIG),
        Wrong(("snapshot", "infer", "nowhere"), invalid, USAGE, "nowhere"),
        Wrong(("digest", "--key", "xyz"), "argument_invalid", USAGE, "hexadecimal"),
        Wrong(("migrate", "--phase", "before"), invalid, USAGE, "'before' is not one of"),
        Wrong(("adopt", "--release", "--purge"), "adopt_options_clash", Exit.FAILURE),
        Wrong(("audit", "--ranges", "0"), invalid, USAGE, "greater than or equal to 1"),
    )
    for path in (("status",), ("rejected", "list"), ("rejected", "show", "1.0"), ("replays",)):
        yield Wrong(path, "database_not_running", UNAVAILABLE, "Nothing is running", "`backbeat up`")
    quiet = (("jobs", "list"), ("challenges", "list"), ("digest",), ("plays", "show"), ("trending", "top"), ("audit",))
    for path in (
        *quiet,
        ("jobs", "show", ARGUMENTS["name"][0]),
        ("index",),
        ("jobs", "run"),
        ("challenges", "show", "1"),
        ("challenges", "show", "someone"),
    ):
        yield Wrong(path, "database_not_there", UNAVAILABLE, "holds no database yet", "`backbeat up`")


ALL = [*usages(), *addresses(), *settings(), *values(), *wrong_values()]


def test_there_are_two_hundred() -> None:
    assert len(ALL) >= 400


def told_of(wrong: Wrong, data_dir: Path, *more: str) -> tuple[int, str, str]:
    """Return how it ended and what was said, on both streams."""
    place = () if wrong.arguments[-1:] == ("--log-level",) else ("--data-dir", str(data_dir))
    answer = backbeat(*more, *place, *wrong.arguments, env=dict(wrong.env))
    assert "Traceback" not in answer.out + answer.err
    assert SECRET not in answer.out + answer.err
    assert answer.out == ""
    return answer.status, answer.err, answer.out


@pytest.mark.parametrize("wrong", ALL, ids=lambda wrong: " ".join([*wrong.arguments, *map("=".join, wrong.env)]))
def test_it_ends_with_a_message_a_cure_and_a_status(wrong: Wrong, tmp_path: Path) -> None:
    status, told, _ = told_of(wrong, tmp_path / "none")
    assert status == wrong.status, told
    lines = told.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[-1].startswith("cure: ")
    assert wrong.told in told
    assert wrong.cure in lines[-1]
    if "--json" not in wrong.arguments:
        status, told, _ = told_of(wrong, tmp_path / "none", "--json")
        error = json.loads(told)["error"]
        assert (status, error["code"]) == (wrong.status, wrong.code)
        assert error["message"]
        assert error["cure"]
    assert not [*tmp_path.iterdir()], "nothing was made"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("jobs", "pause", "--group"), "backbeat jobs pause"),
        (("--wide", "jobs", "--json", "pause", "x", "--group"), "backbeat jobs pause"),
        (("trending", "top", "--genre"), "backbeat trending top"),
        (("status", "--config"), "backbeat status"),
    ],
)
def test_an_option_without_its_value_names_the_help_of_its_verb(arguments: tuple[str, ...], named: str) -> None:
    answer = backbeat(*arguments)
    assert answer.status == USAGE
    assert f"See `{named} --help`." in answer.err


def test_groups_of_jobs_are_named_as_far_as_a_line_goes() -> None:
    said = backbeat("jobs", "pause", "--group", "nonsense").err
    assert said.partition("The groups are ")[2].partition(", and ")[0].count(",") == 7


def test_what_a_verb_says_itself_has_no_words_of_the_parser_before_it() -> None:
    assert "error: Name the transaction by its block" in backbeat("rejected", "show", "abc").err
