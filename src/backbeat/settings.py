"""Every setting in one frozen tree. Later layers win: defaults, TOML file, environment, flags.

Environment names are ``BACKBEAT_<SECTION>_<FIELD>`` (``BACKBEAT_DATABASE_URL``, ``BACKBEAT_WEB_PORT``); top-level
fields drop the section (``BACKBEAT_DATA_DIR``). :func:`load` remembers where each value came from.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.inspect import StrType, Type

from backbeat import settings_values
from backbeat.errors import ConfigError
from backbeat.masking import MASK, mask
from backbeat.nearest import meant
from backbeat.settings_values import Amount, OfAnHour, Port, Some, Span, Whole

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
    """Where the rows live."""

    url: str = ""
    """PostgreSQL address, ``postgresql://...`` or ``host=... dbname=...``; empty: the embedded server."""
    postgres_bin: str = ""
    """Folder with ``postgres``, ``initdb`` and ``pg_ctl`` to run instead of the wheel's."""
    embedded_version: Whole = 0
    """Major version of the wheel to run; 0: its newest, or the one that the data directory holds."""
    port: Port = 0
    """Loopback port of the embedded server; 0: any free one."""
    pool_max_conns: Whole = 0
    """Requested size of the jobs pool; it is never below 20."""
    indexing_pool: Some = 2
    """Connections for the block loop: on one a batch is written, on the other the next one is applied meanwhile; with
    1, that waits."""
    control_pool: Some = 3
    """Connections for leases and schedules."""
    status_pool: Some = 2
    """Connections for the status page and the probes, which no other request takes: one for the status and the charts,
    one to ask whether the database answers."""
    reads_pool: Some = 4
    """Connections for what anyone may ask of the API; as many such requests are answered at once."""
    statement_timeout_seconds: Span = 300.0
    """Longest statement of a job; reads stop at 30 s in any case."""
    lock_timeout_seconds: Span = 15.0
    """Longest wait for a lock."""
    idle_timeout_seconds: Span = 15.0
    """Longest pause within a transaction: a worker that stands still in one holds its locks this long."""
    wait_seconds: Amount = 30.0
    """How long ``up``, ``index``, ``web`` and ``jobs run`` wait at their start for a database that does not answer or
    can only be read, before they end with status 69; 0: not at all."""
    silence_seconds: Span = 20.0
    """A connection is given up when its server has been silent for this long."""
    prepared_statements: Literal["auto", "on", "off"] = "auto"
    """``on``, ``off``, or ``auto``: on, unless a transaction pooler stands between."""
    network_tables: bool = False
    """``migrate`` and ``up`` also make, empty, the tables that the network's own API server reads and Backbeat does not
    write; nothing drops them."""


class ChainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which chain is followed and how its signatures are checked."""

    source: Literal["simulator", "recording", "node"] = "simulator"
    """``simulator``, ``recording`` or ``node``."""
    recording: str = ""
    """File to replay."""
    txs_per_block: Some = 2
    """How many transactions of a bare recording make a block."""
    node_url: str = ""
    """``grpc://host:port`` or ``grpcs://host:port`` of a Core node."""
    chain_ids: tuple[str, ...] = ()
    """The chains of the network in order, as ``NAME``, ``NAME@FIRST`` or ``NAME@FIRST-LAST``: the chain id, its first
    height (1 unless said) and, of all but the last, the height that it ends with; empty: the chain that the source says
    first, and only that from then on."""
    node_url_of: dict[str, str] = {}
    """Other nodes for single chains, by chain id; a chain that has ended is served by a node that kept it."""
    recording_of: dict[str, str] = {}
    """Other recordings for single chains, by chain id."""
    network: Literal["prod", "stage", "dev"] = "prod"
    """``prod``, ``stage`` or ``dev``: the EIP-712 parameters of signatures."""
    start_height: Whole = 0
    """First height on an empty database, of the first chain; 0: that chain's first. A database keeps where it began.
    One that holds plays and does not say of which blocks needs it."""
    verifier_address: str = ""
    """The account that may verify users; empty: none."""
    verify_signatures: bool = True
    """Recover the account that signed each transaction, and check it."""
    check_hashes: bool = True
    """Compare the hash of each transaction with its bytes; a hash that differs blames the source."""
    native: bool = True
    """Read blocks in C where ``backbeat-native`` is installed; false: decode all in Python."""
    witness_url: str = ""
    """A second node that is asked for the same blocks; it must not depend on the first; empty: none."""
    still_seconds_max: Amount = 120.0  # the network makes a block a second, and a node restarts within a minute
    """A node whose newest block is older than this fails a check; 0: never."""
    migration_case: Whole = 0  # the network has not published it
    """The number of the case of ``SignedTransaction`` that holds the transactions of a genesis migration; 0: unknown,
    and they are refused like every kind that is not known."""
    migration_blocks: Whole = 0
    """How many of the first blocks of a chain may hold a genesis migration; behind them, and with 0 everywhere, such a
    transaction is rejected as ``migration_refused``."""
    migration_authority: str = ""
    """The account that signs a genesis migration; empty: none is accepted while signatures are checked."""
    explorer_blocks: Whole = 0  # nothing of ours reads them, and they take more room than all else of a block
    """How many of the newest blocks the chain explorer's audit tables (``etl_*``) hold; 0: they are not written."""
    refuse_replays: bool = False  # the network leaves this to its nodes
    """Reject, as ``replayed``, a signed message that the chain has seen before."""
    replay_window_rows: Whole = 200_000
    """How many signed messages back replays are looked for, some 100 bytes each in the memory of the indexing process
    and as many in the database; 0: not at all."""
    replay_window_days: Amount = 30.0
    """How far back in block time replays are looked for."""


class SimulatorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The made-up network."""

    seed: int = 1
    """Which made-up network."""
    txs_per_second: Amount = 20.0
    """Transactions per second at the tip."""
    block_seconds: Span = 1.0
    """Time between blocks."""
    backlog_blocks: Whole = 600
    """Blocks of history when it starts."""
    rollover_blocks: tuple[Some, ...] = ()
    """How many blocks each of its earlier chains has; behind them the network goes on under another chain id, from
    height 1."""


class IndexSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The block loop's bounds."""

    batch_blocks_max: Some = 2_000
    """Most blocks per commit while catching up."""
    batch_bytes_max: Some = 8_000_000
    """Most bytes per commit."""
    batch_seconds: Span = 0.5
    """How long a commit's work should take while catching up; the batch size follows this."""
    ahead_bytes_max: Some = 32_000_000
    """Most bytes of blocks that wait to be written."""
    lease_seconds: Span = 10.0
    """How long the indexer's lease lasts without renewal."""


class JobsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The runner, and overrides by job name."""

    enabled: bool = True
    """Run the jobs in this process."""
    row_notices: bool = False
    """Tell listeners, as a search indexer, of rows that blocks changed: ``NOTIFY`` on channels called after tables."""
    stagger_seconds: Amount = 1.0
    """Pause between the first runs of the job groups; shorter where there are many: all open within 10 seconds."""
    poll_seconds: Span = 0.25  # people should not wait for a job to notice
    """How often a worker without a block loop beside it looks for blocks that a job follows closely, and any worker
    whether a job that is due can start."""
    poll_seconds_max: Span = 1.0
    """How often it looks at the schedule in any case; an operator's request is seen this late."""
    follow_seconds: Amount = 0.0
    """At the tip, the least time between two starts of a job that follows blocks closely; 0: each job's own, which is a
    quarter of a second to ten. Longer costs less and shows rewards later."""
    lease_seconds: Span = 30.0
    """How long a run's lease lasts without renewal."""
    blocks_behind: Whole = 1
    """Beside another indexer: how many of its newest blocks jobs leave out. With 1 it may note a block before it writes
    the rows; 0 is for one that commits each block and its rows in one transaction."""
    concurrent_max: Some = 4  # two cores keep about that many busy
    """Jobs that run side by side in one process."""
    yield_lag_blocks: Whole = 5  # one block behind is the promise; at five times that, something holds the loop
    """Heavy jobs give way while the block loop is more blocks behind than this."""
    yield_seconds_max: Amount = 600.0  # the slowest of the network's cadences below an hour
    """Longest time that a heavy job gives way, counted from the first time until its work is done; 0: it never does."""
    off: tuple[str, ...] = ()
    """Jobs that only ``backbeat jobs run`` starts."""
    paused: tuple[str, ...] = ()
    """Jobs that do not start by themselves."""
    every_seconds: dict[str, float] = {}
    """Other intervals, by job name."""
    timeout_seconds: dict[str, float] = {}
    """Other limits on how long a run may take, by job name."""
    scores_mode: Literal["incremental", "full_pass"] = "incremental"
    """How user scores are kept: ``incremental``, or ``full_pass`` as the network does."""
    content_nodes: tuple[str, ...] = ()
    """Content nodes, as ``https://host``, that are asked for keys, tempos and CIDs which tracks lack; empty: the jobs
    ``repairs.*`` are off. CIDs take two nodes that agree."""
    notifier_url: str = "https://notifier.audius.co/"
    """Address of the trusted notifier, which says what is taken down; the positions of an adopted database go by it."""
    delegate_private_key: str = ""
    """Private key of the delegate wallet, 64 hex digits, with which the notifier is asked; empty: it is not asked."""
    refresh_views: dict[str, float] = {}
    """Your own materialized views by name, ``schema.view = seconds``: each is a job ``refresh.schema.view``."""
    social_sets: bool = False  # readers do without, and nothing of ours is one
    """Keep ``user_social_sets`` by the job ``aggregates.social_sets``, for the network's API server."""
    trending_mode: Literal["incremental", "refresh"] = "incremental"
    """How trending is kept: ``incremental``, or ``refresh`` as the network does: by ``trending.refresh``, once an hour,
    from two materialized views."""
    trending_underground_rows: bool = False  # nothing of ours reads them
    """Keep rows of the type ``UNDERGROUND_TRACKS`` too, for readers that want them."""
    trending_patience_seconds: Amount = 0.0
    """How long a track's score may wait when only its admirers' followers changed; 0: every run is exact."""
    rejected_days: Amount = 90.0
    """How many days of the chain refused transactions are kept for; 0: for ever."""
    rejected_bytes_max: Whole = 1_000_000_000  # a million usual ones
    """How many bytes of them are kept, the newest first; 0: no limit."""
    plays_days: Amount = 400.0  # the network's
    """How many days plays are kept for, at least 62; what was counted of them stays. 0: for ever."""
    change_log_rows_max: Some = 1_000_000  # a rebuild costs less than reading that
    """Rows of the change log that a consumer may be behind; beyond, it loses its position and its derivation is
    rebuilt."""
    change_log_bytes_max: Some = 1_000_000_000
    """Bytes of the change log that a consumer may be behind."""
    change_log_seconds_max: Span = 604_800.0  # a week: longer than any pause that an operator means to end
    """How old the oldest change that a consumer has not read may become."""
    verify_seconds_per_hour: OfAnHour = 10.0  # a round at production size takes four hours of work: sixty days
    """Seconds of each hour that the job ``audits.verify`` may take to go round derived tables, row by row: 10 find a
    wrong row of a database of production's size within sixty days, 36 within seventeen; 0: it does not."""
    acts_rows_max: Some = 5_000_000  # 1 GB, and more than a catch-up with the job running ever has
    """Acts that may wait for the job ``notifications``; beyond, the oldest are given up and nobody hears of them."""


FirstRunPolicy = Literal["backfill", "from_now"]
WeeklyWinners = Literal["public", "any"]


class ChallengesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How challenges begin on a database that has not seen them, and who may win a week."""

    first_run: FirstRunPolicy = "backfill"
    """What a challenge that never ran here does with the past: ``backfill`` judges it, ``from_now`` leaves it."""
    first_run_of: dict[str, FirstRunPolicy] = {}
    """The same for single challenges, by id: ``v=from_now,b=from_now``."""
    backfill_notifies: bool = True
    """Whether a backfill notifies people of what they earned."""
    weekly_winners: WeeklyWinners = "public"
    """Who may win weekly trending: ``public``, or ``any`` with a score, hidden and deleted ones too."""


class WebSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status page and API."""

    enabled: bool = True
    """Serve the page and the API."""
    host: str = "127.0.0.1"
    """Address to listen on; any but a loopback address is open to others."""
    port: Port = 8480
    """Port to listen on; 0: any free one."""
    hosts: tuple[str, ...] = ()
    """Further names that requests may use for the page; ``*``: any."""
    token: str = ""
    """Token for operator actions, at least 16 characters of ASCII without spaces; empty: there are none."""


class OutgoingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HTTP to other programs, where a job asks some."""

    proxy: str = ""
    """``http://host:port`` or ``https://host:port`` of the proxy to go through; empty: none, whatever ``HTTPS_PROXY``
    and its like say in the environment."""


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logs go to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """``debug``, ``info``, ``warning`` or ``error``; verbs that only answer log from ``warning`` unless this is set."""
    format: Literal["auto", "human", "json"] = "auto"
    """``auto`` (for people on a terminal, JSON otherwise), ``human`` or ``json``."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole tree."""

    data_dir: str = ".backbeat"
    """Where Backbeat keeps its files, the embedded PostgreSQL among them."""
    database: DatabaseSettings = DatabaseSettings()
    """Where the rows live."""
    chain: ChainSettings = ChainSettings()
    """Which chain is followed."""
    simulator: SimulatorSettings = SimulatorSettings()
    """The made-up network."""
    index: IndexSettings = IndexSettings()
    """The block loop's bounds."""
    jobs: JobsSettings = JobsSettings()
    """The runner."""
    challenges: ChallengesSettings = ChallengesSettings()
    """How challenges begin, and who may win."""
    web: WebSettings = WebSettings()
    """The status page and API."""
    outgoing: OutgoingSettings = OutgoingSettings()
    """HTTP to other programs."""
    log: LogSettings = LogSettings()
    """Logs."""


class Loaded(msgspec.Struct, frozen=True):
    """Settings and, by dotted name, the layer that each value came from ("default" is not listed)."""

    settings: Settings
    origins: dict[str, str]


SECRET_FIELDS = frozenset({"web.token", "database.url", "jobs.delegate_private_key"})


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
    values = {name: _checked(name, value, origins[name]) for name, value in values.items()}
    return Loaded(msgspec.convert(_nest(values), Settings, strict=False), origins)


def with_flags(loaded: Loaded, flags: Mapping[str, Any]) -> Loaded:
    """Return ``loaded`` with more flags on top, by dotted name; None values are ignored. Raises ConfigError."""
    given = {name: _checked(name, value, "flag") for name, value in flags.items() if value is not None}
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
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items()}
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
    return {names[key]: _parsed(names[key], environ[key]) for key in ours}


def _is_foreign(key: str, value: str) -> bool:
    """Say whether a name is the test suite's own, or Kubernetes' for a service that is called like us."""
    is_address = key.endswith("_PORT") and bool(_SERVICE_ADDRESS.match(value))
    return key.startswith(_OF_THE_TESTS) or bool(_SERVICE_LINK.fullmatch(key)) or is_address


def _parsed(name: str, value: str) -> Any:
    try:
        return settings_values.parsed(_kinds()[name], value)
    except ValueError as error:
        raise _refused(name, "environment", str(error)) from error


def _unknown(told: str, name: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        "setting_unknown",
        f"There is no setting {told}.",
        cure=f"{meant(name, known)}`backbeat settings` lists what there is.",
    )


def is_text(value: str) -> bool:
    """Say whether a value is text: the environment and the command line pass on any bytes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _checked(name: str, value: Any, origin: str) -> Any:
    """Return a value as its field takes it. Raises ConfigError that says what is allowed, and what was given."""
    if isinstance(value, str) and not is_text(value):
        raise ConfigError(
            "setting_invalid",
            f"Setting {name} (from {origin}) is not UTF-8.",
            cure="Write it as UTF-8, or leave it out.",
        )
    if name not in known_names():
        raise _unknown(f"{name} (from {origin})", name, known_names())
    kind = _kinds()[name]
    value = settings_values.understood(kind, value)
    try:
        msgspec.convert(_nest({name: value}), Settings, strict=False)
        is_good = settings_values.is_finite(value) or isinstance(kind, StrType)
    except (msgspec.ValidationError, ValueError):
        is_good = False
    if not is_good:
        raise _refused(name, origin, settings_values.why_not(value, secret=name in SECRET_FIELDS))
    return value


def _refused(name: str, origin: str, why: str) -> ConfigError:
    return ConfigError(
        "setting_invalid",
        f"Setting {name} (from {origin}) cannot be used: {why}.",
        cure=f"It takes {settings_values.allowed(_kinds()[name])}. `backbeat settings` shows what is set, and where.",
    )


@cache
def _kinds() -> Mapping[str, Type]:
    return settings_values.kinds(Settings)


def _nest(values: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        section, _, field = name.rpartition(".")
        if section:
            tree.setdefault(section, {})[field] = value
        else:
            tree[field] = value
    return tree
