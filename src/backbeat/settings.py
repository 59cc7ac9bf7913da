"""Every setting in one frozen tree, with its default; :mod:`backbeat.settings_layers` fills it."""

from typing import Literal

import msgspec

from backbeat.settings_values import Amount, OfAnHour, Port, Some, Span, Whole

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
