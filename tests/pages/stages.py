"""How each page is played: in which scene, what stands in for its examples, and what is not run and why."""

import shutil
from collections.abc import Mapping

from pages.playing import CTRL_C, Stage

COMPARED_AT = "60"
"""The height of what is compared."""
NETWORK, FILES, SERVER = "a made-up network", "files and nodes", "a server of one's own"
GENERATORS = "writes pages of the reference, which tests hold to the program"
INSTALLS = "installs packages"
CODE = "is code, which a test of its own adds to a copy of the program"
OTHER_NODE = "no node serves the chain of the adopted database"

PSQL = {} if shutil.which("psql") else {".venv/bin/backbeat psql": "there is no psql on this machine"}
PGBOUNCER = "is a PgBouncer's, which chaos/test_pgbouncer.py goes through where one is installed"

SCENES: Mapping[str, tuple[str, ...]] = {
    NETWORK: (
        "README.md",
        "docs/howto/operate-jobs.md",
        "docs/howto/audit.md",
        "docs/howto/export-rewards.md",
        "docs/explanation/histories.md",
        "docs/explanation/scores.md",
        "docs/reference/http.md",
        "docs/tutorial/first-network.md",
    ),
    FILES: (
        "docs/howto/replay-a-recording.md",
        "docs/howto/simulate.md",
        "docs/howto/follow-a-core-node.md",
    ),
    SERVER: (
        "docs/howto/use-your-own-postgresql.md",
        "docs/howto/upgrade.md",
        "docs/howto/replay-refused-transactions.md",
        "docs/explanation/adopting.md",
        "docs/howto/compare-instances.md",
        "docs/howto/use-pgbouncer.md",
        "docs/howto/adopt.md",
        "docs/howto/add-a-challenge.md",
        "docs/howto/add-a-job.md",
        "docs/howto/add-an-entity.md",
        "docs/howto/read-blocks-in-c.md",
    ),
}
"""The pages of each scene, in the order in which they are played."""

STAGES: Mapping[str, Stage] = {
    "README.md": Stage(
        not_run={
            "make test": "is this",
            'make run ARGS="--recording': "stands in docs/howto/replay-a-recording.md",
            'make run ARGS="--node': "stands in docs/howto/follow-a-core-node.md",
            **PSQL,
        },
    ),
    "docs/tutorial/first-network.md": Stage(not_run=PSQL, after_ctrl_c="Block "),
    "docs/howto/operate-jobs.md": Stage(
        stand_ins={"64 hex digits of the delegate wallet's key": "4" * 64},
        statuses={"backbeat jobs forget": [2]},
    ),
    "docs/howto/audit.md": Stage(stand_ins={"USER CHALLENGE": "{user} p"}, statuses={"backbeat audit": [0, 0, 0]}),
    "docs/howto/export-rewards.md": Stage(
        not_run={
            "pip install": INSTALLS,
            "backbeat challenges export --format parquet": "needs pyarrow, which is installed on demand",
        },
    ),
    "docs/reference/http.md": Stage(not_run={"curl": "is asked by integration/web/test_actions.py"}),
    "docs/howto/replay-a-recording.md": Stage(
        not_run={"BACKBEAT_CHAIN_NETWORK=stage": "there is no recording of the stage network"},
        before={"backbeat snapshot": "a new database"},
        exact=True,
    ),
    "docs/howto/simulate.md": Stage(
        stand_ins={
            "127.0.0.1:50051": "127.0.0.1:{node_port}",
            "--blocks 3600": "--blocks 36",
            "--blocks 600": "--blocks 6",
            "=300,200": "=20,10",
            "@1-300": "@1-20",
            "@1-200": "@1-10",
        },
        before={
            "backbeat simulate --record": CTRL_C,
            "backbeat up": "a new database",
            "BACKBEAT_SIMULATOR_ROLLOVER_BLOCKS": "a new database",
            "BACKBEAT_CHAIN_CHAIN_IDS": (CTRL_C, "a network that began new chains"),
        },
    ),
    "docs/howto/follow-a-core-node.md": Stage(
        stand_ins={
            "node.example:50051": "127.0.0.1:{other_node_port}",
            "127.0.0.1:50051": "127.0.0.1:{new_node_port}",
            "127.0.0.1:50052": "127.0.0.1:1",
        },
        before={
            "backbeat up --node grpc://node.example": "a node",
            "backbeat simulate": CTRL_C,
            "backbeat up --node grpc://127.0.0.1:50051": "a new database",
            "backbeat up --node grpc://127.0.0.1:50052": (CTRL_C, "a new database"),
        },
        statuses={"backbeat up --node grpc://127.0.0.1:50052": [69]},
    ),
    "docs/howto/use-your-own-postgresql.md": Stage(
        stand_ins={
            "postgresql://discovery:PASSWORD@db.example:5432/discovery": "{url}",
            "PASSWORD '…'": "PASSWORD 'PASSWORD'",
            "CREATE ROLE backbeat_reader NOLOGIN;": "",  # the server of the scene has it
        },
        not_run={"BACKBEAT_DATABASE_POSTGRES_BIN": "integration/db/test_embedded.py runs a system's programs"},
        statuses={"backbeat doctor": [1], "BACKBEAT_DATABASE_POOL_MAX_CONNS": [78]},
        before={"BACKBEAT_DATABASE_POOL_MAX_CONNS": CTRL_C},
    ),
    "docs/howto/compare-instances.md": Stage(
        stand_ins={
            "postgresql://user@other/discovery": "{other}",
            "there:8480": "127.0.0.1:{page_port}",
            "120000": COMPARED_AT,
            "audius-mainnet-1": "backbeat-simulated-1",
        },
        before={
            "backbeat digest": "blocks",
            "backbeat digest compare postgresql": "a database that differs",
            "backbeat digest compare http": (),
            "backbeat web": "a token",
        },
        statuses={"backbeat digest compare postgresql": [1]},
    ),
    "docs/howto/use-pgbouncer.md": Stage(
        not_run={"export": PGBOUNCER, "backbeat doctor": PGBOUNCER, "[pgbouncer]": PGBOUNCER}
    ),
    "docs/howto/adopt.md": Stage(
        stand_ins={"postgresql://…": "{theirs}"},
        not_run={
            "backbeat watch": "integration/cli/test_watch.py watches a database day after day",
            "backbeat index": OTHER_NODE,
        },
        before={
            "backbeat adopt --dry-run": "an indexer's database",
            "backbeat adopt --database": "the indexer goes on, or is stopped",
            "backbeat adopt --jobs-only --dry-run": "an indexer's database",
            "backbeat adopt --release": CTRL_C,
        },
        statuses={"backbeat adopt --database": [1, 0]},
    ),
    "docs/howto/add-a-challenge.md": Stage(not_run={'"""``ff``': CODE}),
    "docs/howto/add-a-job.md": Stage(not_run={"yield": CODE}),
    "docs/howto/add-an-entity.md": Stage(not_run={"PYTHONPATH=tests": GENERATORS}),
    "docs/howto/read-blocks-in-c.md": Stage(not_run={"make native": INSTALLS}),
}
"""By page; those that are not here are played as they stand."""
