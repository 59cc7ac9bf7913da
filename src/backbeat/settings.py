"""Every setting in one frozen tree. Later layers win: defaults, TOML file, environment, flags.

Environment names are ``BACKBEAT_<SECTION>_<FIELD>`` (``BACKBEAT_DATABASE_URL``, ``BACKBEAT_WEB_PORT``); top-level
fields drop the section (``BACKBEAT_DATA_DIR``). :func:`load` remembers where each value came from.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from backbeat.errors import ConfigError
from backbeat.masking import MASK, mask

PREFIX = "BACKBEAT_"
# read by the tests, which start us with their own environment; see CONTRIBUTING.md
_OF_THE_TESTS = (
    "BACKBEAT_TEST_",
    "BACKBEAT_CHAOS_",
    "BACKBEAT_SHARED_DIR",
    "BACKBEAT_CHALLENGE_SEEDS",
    "BACKBEAT_PLAYLIST_SEEDS",
    "BACKBEAT_TRENDING_HISTORIES",
)
# what Kubernetes puts into every pod beside a service whose name begins like ours
_SERVICE_LINK = re.compile(r"BACKBEAT_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")  # as the value of NAME_PORT

JOBS_POOL_MIN = 20  # domain: derived state, section 1.3; fewer starve the short jobs behind the long ones


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the rows live. An empty ``url`` means the embedded PostgreSQL in the data directory."""

    url: str = ""
    postgres_bin: str = ""  # folder with a system postgres, initdb, pg_ctl; empty: the wheel's newest
    embedded_version: int = 0  # major version of the wheel to use; 0: its newest
    port: int = 0  # loopback port of the embedded server; 0: the operating system picks one
    pool_max_conns: int = 0  # requested size of the jobs lane; the lane is max(20, requested)
    indexing_pool: int = 2
    control_pool: int = 3
    status_pool: int = 2  # one for the status and the charts, one to ask whether the database answers
    reads_pool: int = 4
    statement_timeout_seconds: float = 300.0
    lock_timeout_seconds: float = 15.0
    idle_timeout_seconds: float = 15.0  # so long locks outlive a worker that stands still in mid-transaction
    wait_seconds: float = 30.0  # so long a start waits for a database that is not there yet
    silence_seconds: float = 20.0  # a connection whose server is gone without a word is given up by then
    prepared_statements: Literal["auto", "on", "off"] = "auto"  # auto: unless a transaction pooler stands between


class ChainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which chain is followed and how its signatures are checked."""

    source: Literal["simulator", "recording", "node"] = "simulator"
    recording: str = ""
    txs_per_block: int = 2
    node_url: str = ""  # grpc://host:port or grpcs://host:port
    chain_id: str = ""  # empty: accept what the source says the first time, then hold it to that
    network: Literal["prod", "stage", "dev"] = "prod"  # EIP-712 parameters
    start_height: int = 0  # first height on an empty database; 0: the source's first
    verifier_address: str = ""
    verify_signatures: bool = True
    check_hashes: bool = True  # hold every transaction's hash to its bytes
    witness_url: str = ""  # a second node that is asked for the same blocks; empty: none
    still_seconds_max: float = 120.0  # the network makes a block a second, and a node restarts within a minute
    refuse_replays: bool = False  # the network leaves this to its nodes
    replay_window_rows: int = 200_000  # some 100 bytes of memory each
    replay_window_days: float = 30.0


class SimulatorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The made-up network."""

    seed: int = 1
    txs_per_second: float = 20.0
    block_seconds: float = 1.0
    backlog_blocks: int = 600  # how much history exists when it starts


class IndexSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The block loop's bounds."""

    batch_blocks_max: int = 2_000
    batch_bytes_max: int = 8_000_000
    batch_seconds: float = 0.5  # what a catch-up batch should take; the batch size follows this
    ahead_bytes_max: int = 32_000_000
    lease_seconds: float = 10.0


class JobsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The runner, and overrides by job name."""

    enabled: bool = True
    stagger_seconds: float = 1.0
    poll_seconds: float = 0.25  # between looks while news may come; people should not wait for a job to notice
    poll_seconds_max: float = 1.0  # between looks while nothing moves; what an operator asks for is seen this late
    lease_seconds: float = 30.0
    concurrent_max: int = 4  # jobs running side by side in one process; two cores keep about that many busy
    yield_lag_blocks: int = 5  # one block behind is the promise; five times that is no hiccup, something holds the loop
    yield_seconds_max: float = 600.0  # the slowest of the network's cadences below an hour
    off: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    every_seconds: dict[str, float] = {}
    timeout_seconds: dict[str, float] = {}
    scores_mode: Literal["incremental", "full_pass"] = "incremental"  # how user scores are kept
    refresh_views: dict[str, float] = {}  # an adopter's own materialized views, and every how many seconds
    trending_mode: Literal["incremental", "refresh"] = "incremental"  # refresh: everything again, once an hour
    trending_underground_rows: bool = False  # keep the rows UNDERGROUND_TRACKS too; nothing of ours reads them
    trending_patience_seconds: float = 0.0  # how long a score may wait that only followers of admirers moved
    rejected_days: float = 90.0  # of the chain, in which somebody may still ask why; 0: for ever
    rejected_bytes_max: int = 1_000_000_000  # a million usual ones; 0: without end
    change_log_rows_max: int = 1_000_000  # so far a consumer may be behind; a rebuild costs less than reading that
    change_log_bytes_max: int = 1_000_000_000
    change_log_seconds_max: float = 604_800.0  # a week: longer than any pause that an operator means to end


FirstRunPolicy = Literal["backfill", "from_now"]
WeeklyWinners = Literal["public", "any"]


class ChallengesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How challenges begin on a database that has not seen them, and who may win a week."""

    first_run: FirstRunPolicy = "backfill"
    first_run_of: dict[str, FirstRunPolicy] = {}  # by challenge id
    backfill_notifies: bool = True
    weekly_winners: WeeklyWinners = "public"


class WebSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status page and API."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8480
    hosts: tuple[str, ...] = ()  # further names that requests may use for this site; "*": any
    token: str = ""  # operator actions need it; empty: none are offered


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logs go to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole tree."""

    data_dir: str = ".backbeat"
    database: DatabaseSettings = DatabaseSettings()
    chain: ChainSettings = ChainSettings()
    simulator: SimulatorSettings = SimulatorSettings()
    index: IndexSettings = IndexSettings()
    jobs: JobsSettings = JobsSettings()
    challenges: ChallengesSettings = ChallengesSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()


class Loaded(msgspec.Struct, frozen=True):
    """Settings and, by dotted name, the layer that each value came from ("default" is not listed)."""

    settings: Settings
    origins: dict[str, str]


SECRET_FIELDS = frozenset({"web.token", "database.url"})


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Loaded:
    """Merge the layers. ``flags`` maps dotted names to values; None values are ignored.

    Raises ConfigError naming the setting, its origin and what is allowed.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = (
        (_from_file(file), f"file {file}"),
        (_from_environ(os.environ if environ is None else environ), "environment"),
        ({k: v for k, v in (flags or {}).items() if v is not None}, "flag"),
    )
    for layer, origin in layers:
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    for name, value in values.items():
        _check_one(name, value, origins[name])
    return Loaded(msgspec.convert(_nest(values), Settings, strict=False), origins)


def with_flags(loaded: Loaded, flags: Mapping[str, Any]) -> Loaded:
    """Return ``loaded`` with more flags on top, by dotted name; None values are ignored. Raises ConfigError."""
    given = {name: value for name, value in flags.items() if value is not None}
    for name, value in given.items():
        _check_one(name, value, "flag")
    values = flat(loaded.settings, masked=False) | given
    origins = loaded.origins | dict.fromkeys(given, "flag")
    return Loaded(msgspec.convert(_nest(values), Settings, strict=False), origins)


def flat(settings: Settings, *, masked: bool = True) -> dict[str, Any]:
    """Return every setting by dotted name; secrets are masked unless ``masked`` is False."""
    out: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(settings).items():
        if isinstance(value, dict):
            out.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            out[name] = value
    if masked:
        out = {
            name: MASK if name in SECRET_FIELDS and value else _without_secrets(value) for name, value in out.items()
        }
    return out


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value


def known_names() -> tuple[str, ...]:
    """Return the dotted name of every setting."""
    return tuple(flat(Settings()))


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            "settings_file_unreadable",
            f"Cannot read the settings file {file}: {error}",
            cure="Check its path and syntax.",
        ) from error
    out: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            out.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            out[name] = value
    return out


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {f"{PREFIX}{name.replace('.', '_').upper()}": name for name in known_names()}
    ours = [key for key, value in environ.items() if key.upper().startswith(PREFIX) and not _is_foreign(key, value)]
    for key in ours:
        if key not in names:
            raise _unknown(f"{key} in the environment", key.upper(), names)
    return {names[key]: _listed(names[key], environ[key]) for key in ours}


def _is_foreign(key: str, value: str) -> bool:
    """Say whether a name is the test suite's own, or Kubernetes' for a service that is called like us."""
    is_address = key.endswith("_PORT") and bool(_SERVICE_ADDRESS.match(value))
    return key.startswith(_OF_THE_TESTS) or bool(_SERVICE_LINK.fullmatch(key)) or is_address


def _listed(name: str, value: str) -> Any:
    default = flat(Settings())[name]
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(default, (list, tuple)):
        return parts
    if isinstance(default, dict):
        pairs = [part.partition("=") for part in parts]
        if lonely := [key for key, equals, _ in pairs if not equals]:
            raise ConfigError(
                "setting_invalid",
                f"Setting {name} (from environment) cannot be used: {lonely[0]!r} has no value",
                cure="Write name=value pairs, separated by commas.",
            )
        return {key.strip(): given.strip() for key, _, given in pairs}
    return value


def _unknown(told: str, name: str, known: Iterable[str]) -> ConfigError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    meant = f"Did you mean {near[0]}? " if near else ""
    return ConfigError(
        "setting_unknown",
        f"There is no setting {told}.",
        cure=f"{meant}See docs/reference/settings.md for what there is.",
    )


def is_text(value: str) -> bool:
    """Say whether a value is text: the environment and the command line pass on any bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_one(name: str, value: Any, origin: str) -> None:
    if isinstance(value, str) and not is_text(value):
        raise ConfigError(
            "setting_invalid",
            f"Setting {name} (from {origin}) is no UTF-8.",
            cure="Write it as UTF-8, or leave it out.",
        )
    if name not in known_names():
        raise _unknown(f"{name} (from {origin})", name, known_names())
    try:
        msgspec.convert(_nest({name: value}), Settings, strict=False)
    except msgspec.ValidationError as error:
        detail = str(error).split(" - at ")[0]
        raise ConfigError(
            "setting_invalid",
            f"Setting {name} (from {origin}) cannot be used: {detail}",
            cure="See docs/reference/settings.md for what it takes.",
        ) from error


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        section, _, field = name.rpartition(".")
        if section:
            tree.setdefault(section, {})[field] = value
        else:
            tree[field] = value
    return tree
