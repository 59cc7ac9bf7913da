import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backbeat import app
from backbeat.errors import Exit
from backbeat.jobs.catalog import JOBS
from builders.indexed import make_behind, seed, seed_counts, seed_rejected
from builders.terminal import backbeat
from harness import ChainWriter, Play, Track, User

JOB = JOBS[0].name


def prepare(url: str, *, height: int = 1_234, rejected: int = 0) -> None:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
            await seed(conn, height=height)
            await seed_counts(conn)
            await seed_rejected(conn, rejected, detail="\x1b[31mred")

    asyncio.run(write())


def commit_plays(url: str) -> None:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
            await ChainWriter(conn).commit([User(1), Track(1, 1), Play(1, 1)])

    asyncio.run(write())


def test_status_of_a_healthy_network(database_url: str) -> None:
    prepare(database_url)
    answer = backbeat("status", "--all", "--database", database_url)
    assert answer.status == Exit.OK
    assert "At the tip: block 1,234, 0 behind" in answer.out
    assert "manage_entity" in answer.out
    assert "FAIL" not in answer.out


def test_status_of_an_unhealthy_network_names_the_cure(database_url: str) -> None:
    prepare(database_url, height=1)
    answer = backbeat("status", "--database", database_url)
    assert answer.status == Exit.FAILURE
    assert "FAIL lag: 1,233 blocks behind" in answer.out
    assert "cure: " in answer.out
    as_json = backbeat("status", "--database", database_url, "--json")
    assert as_json.status == Exit.FAILURE
    assert as_json.json["indexer"]["lag_blocks"] == 1_233


def test_migrate_says_what_it_would_do_then_does_it(empty_database_url: str) -> None:
    arguments = ("migrate", "--database", empty_database_url, "--json")
    would = backbeat(*arguments, "--dry-run").json
    assert would["applied"] == []
    assert "0006_own_tables" in would["pending"]
    assert "functions/magnitude" in would["objects"]
    done = backbeat(*arguments).json
    assert [each["migration"] for each in done["applied"]] == would["pending"]
    assert {*done["objects"], "functions/magnitude"} == set(would["objects"])  # which a table needed before
    assert "Nothing to do" in backbeat("migrate", "--database", empty_database_url).out


def test_status_of_a_database_without_tables(empty_database_url: str) -> None:
    answer = backbeat("status", "--database", empty_database_url)
    assert answer.status == Exit.CONFIG
    assert "backbeat migrate" in answer.err


def test_rejected_transactions_are_listed_newest_first(database_url: str) -> None:
    prepare(database_url, rejected=5)
    arguments = ("rejected", "list", "--database", database_url)
    found = backbeat(*arguments, "--limit", "2", "--json").json
    assert [row["height"] for row in found] == [3, 2]
    text = backbeat(*arguments).out
    assert "Track/Create" in text
    assert "\x1b" not in text
    assert "Nothing was rejected for duplicate." in backbeat(*arguments, "--reason", "duplicate").out
    assert backbeat(*arguments, "--limit", "0").status == Exit.USAGE


def test_jobs_are_paused_and_resumed(database_url: str) -> None:
    at = ("--database", database_url)
    assert "Would pause" in backbeat("jobs", "pause", JOB, *at, "--dry-run").out
    assert backbeat("jobs", "show", JOB, *at, "--json").json["state"] == "waiting"
    assert backbeat("jobs", "pause", JOB, *at).status == Exit.OK
    assert backbeat("jobs", "show", JOB, *at, "--json").json["state"] == "paused"
    assert backbeat("jobs", "resume", JOB, *at, "--json").json == {"job": JOB, "done": "resumed"}
    listed = {job["name"]: job["state"] for job in backbeat("jobs", "list", *at, "--json").json}
    assert listed[JOB] == "waiting"


def test_a_job_is_run_audited_and_rebuilt(database_url: str) -> None:
    at = ("--database", database_url)
    assert backbeat("jobs", "audit", JOB, *at).status == Exit.UNVERIFIED  # there is nothing to compare
    commit_plays(database_url)
    assert "Would run" in backbeat("jobs", "run", JOB, *at, "--dry-run").out
    assert backbeat("jobs", "history", JOB, *at, "--json").json == []
    assert backbeat("jobs", "run", JOB, *at, "--json").json["name"] == JOB
    assert len(backbeat("jobs", "history", JOB, *at, "--json").json) == 1
    assert "clean" in backbeat("jobs", "audit", JOB, *at).out
    assert backbeat("jobs", "rebuild", JOB, *at, "--dry-run", "--json").json["dry_run"] is True
    assert backbeat("jobs", "rebuild", JOB, *at).status == Exit.OK
    assert "state" in backbeat("jobs", "show", JOB, *at).out


@pytest.mark.parametrize("action", ["show", "history", "run", "pause", "resume", "audit", "rebuild"])
def test_a_job_that_does_not_exist_is_a_matter_of_usage(database_url: str, action: str) -> None:
    answer = backbeat("jobs", action, "nothing", "--database", database_url, "--json")
    assert answer.status == Exit.USAGE
    assert json.loads(answer.err)["error"]["code"] == "job_unknown"


def test_a_job_that_lacks_a_setting_is_off_and_says_which(database_url: str) -> None:
    at = ("--database", database_url)
    answer = backbeat("jobs", "run", "repairs.track_cid", *at, "--json")
    assert (answer.status, json.loads(answer.err)["error"]["code"]) == (Exit.USAGE, "job_lacks_setting")
    assert (
        "off: jobs.content_nodes names fewer than two content nodes"
        in backbeat("jobs", "show", "repairs.track_cid", *at).out
    )


def test_a_consumer_that_never_comes_is_told_and_forgotten(database_url: str, tmp_path: Path) -> None:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            await make_behind(conn)

    asyncio.run(write())
    at = ("--database", database_url)
    assert "2 consumers; slow is 2 h 0 min behind, 300 keys" in backbeat("status", *at).out
    doctor = ("doctor", *at, "--data-dir", str(tmp_path))
    assert "backbeat jobs forget slow" in backbeat(*doctor).out
    assert backbeat("jobs", "forget", "nobody", *at).status == Exit.USAGE
    assert "Would forget slow" in backbeat("jobs", "forget", "slow", *at, "--dry-run").out
    assert backbeat("jobs", "forget", "slow", *at, "--json").json == {
        "dry_run": False,
        "consumer": "slow",
        "action": "forget",
    }
    assert "all have read everything" in backbeat("status", *at).out
    assert backbeat(*doctor).status == Exit.OK


def checks(*arguments: str, env: dict[str, str] | None = None) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in backbeat("doctor", *arguments, "--json", env=env).json["checks"]}


def test_doctor_finds_nothing_wrong(database_url: str, tmp_path: Path) -> None:
    answer = backbeat("doctor", "--database", database_url, "--data-dir", str(tmp_path))
    assert "FAIL" not in answer.out
    assert answer.status == Exit.OK


@pytest.mark.parametrize(
    ("env", "failing"),
    [
        ({"BACKBEAT_WEB_HOST": "192.0.2.1"}, "web token"),
        ({"BACKBEAT_WEB_HOST": "::", "BACKBEAT_WEB_TOKEN": "short"}, "web token"),
        ({"BACKBEAT_CHAIN_SOURCE": "recording", "BACKBEAT_CHAIN_RECORDING": "/nowhere"}, "chain source"),
        ({"BACKBEAT_CHAIN_SOURCE": "node", "BACKBEAT_CHAIN_NODE_URL": "grpc://127.0.0.1:1"}, "chain source"),
        ({"BACKBEAT_CHAIN_SOURCE": "node", "BACKBEAT_CHAIN_NODE_URL": "nonsense"}, "chain source"),
        ({"BACKBEAT_DATABASE_POOL_MAX_CONNS": "5000"}, "connections"),
    ],
)
def test_doctor_names_what_is_wrong(database_url: str, tmp_path: Path, env: dict[str, str], failing: str) -> None:
    found = checks("--database", database_url, "--data-dir", str(tmp_path), env=env)
    assert [name for name, ok in found.items() if not ok] == [failing]


def test_doctor_of_an_unreachable_database_still_checks_the_rest(tmp_path: Path) -> None:
    found = checks("--database", "postgresql://me@127.0.0.1:1/nowhere", "--data-dir", str(tmp_path))
    assert [name for name, ok in found.items() if not ok] == ["database"]
    assert "web token" in found


def test_doctor_of_a_database_without_tables(empty_database_url: str, tmp_path: Path) -> None:
    found = checks("--database", empty_database_url, "--data-dir", str(tmp_path))
    assert [name for name, ok in found.items() if not ok] == ["database's kind"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:hunter2@127.0.0.1:1/d",
        "postgresql+asyncpg://me:hunt%65r2@127.0.0.1:1/d",
        "postgresql://me:a/hunter2@127.0.0.1:1/d",
        "host=127.0.0.1 port=1 dbname=d password='it\\'s hunter2'",
        "postgresql://127.0.0.1:1/d?password=hunter2",
        "postgresql://127.0.0.1:hunter2/d",
        "hunter2",
    ],
)
@pytest.mark.parametrize(
    "verb", [("settings",), ("status",), ("doctor",), ("settings", "--json"), ("doctor", "--json")]
)
def test_no_answer_tells_a_secret(tmp_path: Path, address: str, verb: tuple[str, ...]) -> None:
    env = {"BACKBEAT_WEB_TOKEN": "hunter2-hunter2-hunter2", "PGPASSWORD": "hunter2"}
    answer = backbeat(*verb, "--database", address, "--data-dir", str(tmp_path), env=env)
    assert answer.out + answer.err
    assert "hunter2" not in answer.out + answer.err


def test_an_argument_that_is_no_text_is_refused_and_no_defect(database_url: str) -> None:
    for verb in ("list", "replay"):
        answer = backbeat("rejected", verb, "--reason", "\udcff", "--database", database_url, "--json")
        assert answer.status == Exit.USAGE
        assert json.loads(answer.err)["error"]["code"] == "argument_invalid"
    answer = backbeat("settings", "--json", env={"BACKBEAT_WEB_HOST": "\udcff"})
    assert answer.status == Exit.CONFIG


def test_a_weak_token_is_refused_before_anything_is_written(empty_database_url: str, tmp_path: Path) -> None:
    arguments = ("up", "--database", empty_database_url, "--data-dir", str(tmp_path), "--json")
    answer = backbeat(*arguments, env={"BACKBEAT_WEB_TOKEN": "hunter2"})
    assert answer.status == Exit.CONFIG
    assert "web_token_weak" in answer.err
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('backbeat.migrations') IS NULL").fetchone() == (True,)
        assert conn.execute("SELECT to_regclass('public.users') IS NULL").fetchone() == (True,)


@pytest.mark.parametrize("verb", ["up", "index"])
@pytest.mark.parametrize("when", ["verify", "open_to_a_new_chain"])
def test_a_database_that_goes_away_while_the_program_starts_is_no_defect(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, when: str
) -> None:
    killed = []

    async def killed_meanwhile(conn: psycopg.AsyncConnection[Any]) -> None:
        killed.append(conn.info.backend_pid)
        await conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(app, when, killed_meanwhile)
    at = ("--database", database_url, "--data-dir", str(tmp_path))
    at_once = {"BACKBEAT_DATABASE_WAIT_SECONDS": "0"}
    answer = backbeat(verb, *at, "--simulate", *(["--no-web"] if verb == "up" else []), env=at_once)
    assert len(killed) == 1
    assert answer.status == Exit.UNAVAILABLE
    assert "error: The database is starting, stopping or recovering: terminating connection" in answer.err
    assert "cure: " in answer.err


def test_the_bytes_of_one_refused_transaction_are_printed_alone(database_url: str) -> None:
    prepare(database_url, rejected=2)
    at = ("--database", database_url)
    assert backbeat("rejected", "show", "1.1", "--bytes", *at).out == "AP8=\n"
    assert backbeat("rejected", "show", "1.1", "--bytes", "--json", *at).json == {"raw": "AP8="}
    assert backbeat("rejected", "show", "7.0", "--bytes", *at).status == Exit.FAILURE
    assert backbeat("rejected", "show", "x", *at).status == Exit.USAGE


def test_one_refused_transaction_is_shown_with_what_became_of_it(database_url: str) -> None:
    prepare(database_url, rejected=2)
    at = ("--database", database_url)
    shown = backbeat("rejected", "show", "1.1", *at)
    assert shown.status == Exit.OK
    assert "not_owner" in shown.out
    assert "AP8=" in shown.out
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "UPDATE backbeat.rejected_transactions SET became = 'rejected', new_reason = 'deleted',"
            " tried_at = '2026-01-02', tried_by = '9.9' WHERE tx_index = 1"
        )
        conn.execute("DELETE FROM backbeat.rejected_bytes WHERE tx_index = 1")
    shown = backbeat("rejected", "show", "1.1", *at)
    assert shown.status == Exit.OK
    for said in ("not_owner", "rejected: deleted", "by Backbeat 9.9"):
        assert said in shown.out
    assert "rejected: deleted" in backbeat("rejected", "list", *at).out
    found = backbeat("rejected", "show", "1.1", "--json", *at).json
    assert (found["raw"], found["rejected"][0]["raw_bytes"], found["rejected"][0]["became"]) == (None, None, "rejected")


def test_it_is_said_when_nothing_is_kept_any_more(database_url: str) -> None:
    prepare(database_url, rejected=4)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM backbeat.rejected_transactions WHERE height = 1")
        conn.execute("DELETE FROM backbeat.rejected_bytes WHERE height = 1")
    gone = backbeat("rejected", "show", "1.1", "--database", database_url)
    assert gone.status == Exit.FAILURE
    assert "No refused transaction is on record at 1.1." in gone.out
    assert "If anything was refused before block 2, its bytes are kept no longer: see jobs.rejected_days" in gone.out
    assert "Nothing was refused at 9.0." in backbeat("rejected", "show", "9.0", "--database", database_url).out


def test_what_was_refused_on_a_chain_that_was_left_is_named_by_it(database_url: str) -> None:
    prepare(database_url, rejected=4)
    at = ("--database", database_url)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM backbeat.rejected_bytes WHERE height = 1")
        conn.execute(
            "INSERT INTO backbeat.chains (chain_id, position, first_height, block_number) VALUES ('b', 2, 1, 9)"
        )
        conn.execute("UPDATE backbeat.cursor SET chain_id = 'b'")
    listed = backbeat("rejected", "list", *at)
    assert "test-chain:2" in listed.out
    assert [row["chain_id"] for row in backbeat("rejected", "list", *at, "--json").json] == ["test-chain"] * 4
    shown = backbeat("rejected", "show", "test-chain:2.1", *at)
    assert (shown.status, "test-chain:2.1.-1" in shown.out, "AP8=" in shown.out) == (Exit.OK, True, True)
    assert "Nothing was refused at 2.1." in backbeat("rejected", "show", "2.1", *at).out
    gone = backbeat("rejected", "show", "test-chain:1.1", "--bytes", *at)
    assert "what was refused before block test-chain:2: see" in gone.out


def test_refused_transactions_are_replayed_and_told(database_url: str) -> None:
    prepare(database_url, rejected=3)
    at = ("--database", database_url)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("UPDATE backbeat.rejected_transactions SET reason = 'unknown_transaction' WHERE tx_index = 0")
        conn.execute(r"UPDATE backbeat.rejected_bytes SET raw = '\xff'")  # no transaction: another program wrote it
    would = backbeat("rejected", "replay", "--dry-run", *at)
    assert would.status == Exit.OK
    assert (
        "Would replay 2 of 2 refused transactions: 0 applied, 0 ignored, 2 refused still; 0 plays written." in would.out
    )
    done = backbeat("rejected", "replay", *at, "--json")
    assert done.status == Exit.OK
    assert (done.json["found"], done.json["by_reason"]) == (2, {"unknown_transaction": 2})
    assert "Replayed 1 of 1 refused transaction:" in backbeat("rejected", "replay", *at, "--reason", "not_owner").out
    never = backbeat("rejected", "replay", *at, "--reason", "replayed", "--json")
    assert (never.status, json.loads(never.err)["error"]["code"]) == (Exit.USAGE, "replayed_stays_refused")
    for verb in ("replay", "list"):
        typo = backbeat("rejected", verb, *at, "--reason", "not_owned", "--json")
        assert (typo.status, json.loads(typo.err)["error"]["code"]) == (Exit.USAGE, "reason_unknown")
        assert "not_owner" in typo.err


def test_a_replay_beside_an_indexer_is_refused_with_its_cure(database_url: str) -> None:
    prepare(database_url, rejected=1)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO backbeat.leases (name, holder, term, expires_at, seconds) "
            "VALUES ('index', gen_random_uuid(), 1, clock_timestamp() + interval '1 hour', 3600)"
        )
    env = {"BACKBEAT_INDEX_LEASE_SECONDS": "1"}
    refused = backbeat("rejected", "replay", "--database", database_url, "--json", env=env)
    assert refused.status == Exit.FAILURE
    error = json.loads(refused.err.splitlines()[-1])["error"]
    assert error["code"] == "lease_held"
    assert "backbeat index" in error["cure"]


@pytest.mark.parametrize(
    ("given", "code", "cure"),
    [
        (("--entity", "Trak"), "filter_unknown", "Did you mean Track?"),
        (("--entity", "track"), "filter_unknown", "Did you mean Track?"),
        (("--action", "Creat"), "filter_unknown", "Did you mean Create?"),
        (("--user", "999999"), "user_unknown", ""),
        (("--reason", "duplicat"), "reason_unknown", "Did you mean duplicate?"),
    ],
)
def test_what_does_not_exist_is_never_an_empty_list(
    database_url: str, given: tuple[str, ...], code: str, cure: str
) -> None:
    answer = backbeat("rejected", "list", *given, "--database", database_url, "--json")
    error = json.loads(answer.err)["error"]
    assert (error["code"], answer.out) == (code, "")
    assert error["cure"].startswith(cure)


def test_what_exists_and_was_never_refused_is_an_empty_list(database_url: str) -> None:
    at = ("--database", database_url)
    answer = backbeat("rejected", "list", "--entity", "Track", "--action", "Create", *at)
    assert answer.out == "Nothing was rejected of what was asked for.\n"
