"""`backbeat challenges export`: each completed reward with the events that earned it."""

import csv
import io
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backbeat.derived.challenges.all import FACTS_OF
from backbeat.reads.evidence import export
from backbeat.reads.evidence.families import FAMILIES, NO_EVENTS
from builders.terminal import backbeat

BASE = """
INSERT INTO blocks (blockhash, number, is_current) VALUES ('b10', 10, false), ('b11', 11, false), ('b12', 12, true);
INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block)
VALUES ('b10', 'dev', 100, 10), ('b11', 'dev', 110, 11), ('b12', 'dev', 120, 12);
INSERT INTO users (user_id, is_current, handle, handle_lc, wallet, name, blocknumber, txhash, created_at, updated_at)
VALUES (5, true, 'five', 'five', '0x5', 'Five', 10, 'tx-user-5', '2026-01-01', '2026-01-02'),
    (6, true, 'six', 'six', '0x6', 'Six', 10, 'tx-user-6', '2026-01-01', '2026-01-02');
INSERT INTO tracks (
    track_id, is_current, is_delete, owner_id, blocknumber, txhash, created_at, updated_at, pinned_comment_id
)
VALUES (9, true, false, 5, 11, 'tx-track-9', '2026-01-03', '2026-01-04', 70),
    (10, true, false, 5, 12, 'tx-track-10', '2026-01-05', '2026-01-06', NULL);
INSERT INTO playlists (
    playlist_id, is_current, is_delete, is_album, is_private, playlist_owner_id, playlist_contents, blocknumber, txhash,
    created_at, updated_at
)
VALUES (
    8, true, false, false, false, 5, '{"track_ids": [{"track": 9}]}', 11, 'tx-playlist', '2026-01-03', '2026-01-03'
);
INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, blocknumber, txhash, created_at)
SELECT 5, 100 + n, true, false, 11, 'tx-follow-' || n, timestamp '2026-01-03' + n * interval '1 s'
FROM generate_series(1, 7) AS n;
INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, blocknumber, txhash, created_at)
VALUES (5, 9, 'track', true, false, 11, 'tx-repost', '2026-01-04');
INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, blocknumber, txhash, created_at)
VALUES (5, 9, 'track', true, false, 12, 'tx-save', '2026-01-05');
INSERT INTO comments (
    comment_id, text, user_id, entity_id, entity_type, created_at, updated_at, txhash, blockhash, blocknumber
)
VALUES (70, 'x', 5, 9, 'Track', '2026-01-06', '2026-01-06', 'tx-comment', 'b11', 11),
    (71, 'y', 5, 9, 'Track', '2026-01-07', '2026-01-07', 'tx-comment-2', 'b11', 11);
INSERT INTO events (event_id, event_type, user_id, event_data, created_at, updated_at, txhash, blockhash, blocknumber)
VALUES (
    16, 'remix_contest', 6, '{"winners": [9, "10", 99, "x", null]}', '2026-01-05', '2026-01-06', 'tx-event', 'b12', 12
);
INSERT INTO user_events (user_id, blocknumber, is_current, referrer, is_mobile_user)
VALUES (5, 11, false, 6, false), (5, 12, true, 6, true);
INSERT INTO plays (id, user_id, play_item_id, created_at, slot, signature)
SELECT n, 5, 9, timestamp '2026-01-01 07:10' + n * interval '12 hours', 100 + n, 'play-' || n
FROM generate_series(0, 13) AS n;
INSERT INTO aggregate_monthly_plays (play_item_id, timestamp, count, country)
VALUES (9, '2024-12-01', 7, ''), (9, '2026-01-01', 200, 'DE'), (10, '2026-01-01', 100, 'FR'), (9, '2026-02-01', 5, '')
ON CONFLICT DO NOTHING;
INSERT INTO usdc_purchases (
    slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at
)
VALUES (500, 'bought', 5, 6, 2000000, 'track', 9, '2026-01-05');
INSERT INTO sol_purchases (
    signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
    valid_after_blocknumber, is_valid, created_at
)
VALUES ('bought', 0, 2000000, 500, '', 'track', 9, 5, 'stream', 0, true, '2026-01-05'),
    ('invalid', 0, 2000000, 499, '', 'track', 9, 5, 'stream', 0, false, '2026-01-05');
INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at)
VALUES (600, 'tip-2', 5, 6, 20, '2026-01-05'), (599, 'tip-1', 5, 6, 10, '2026-01-05');
INSERT INTO trending_results (user_id, id, rank, type, version, week)
VALUES (5, '9', 1, 'TRACKS', 'pnagD', '2026-01-02'), (5, '9', 1, 'UNDERGROUND_TRACKS', 'pnagD', '2026-01-02'),
    (5, '8', 1, 'PLAYLISTS', 'pnagD', '2026-01-02');
INSERT INTO sol_reward_disbursements (signature, instruction_index, amount, slot, user_bank, challenge_id, specifier)
VALUES ('paid', 0, 1, 700, 'bank', 'v', '5');
"""
REWARDS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "p": (
        "5",
        [
            ("users", "tx-user-5"),
            *[("follows", f"tx-follow-{n}") for n in range(1, 6)],
            ("reposts", "tx-repost"),
            ("saves", "tx-save"),
        ],
    ),
    "u": ("5", [("tracks", "tx-track-9"), ("tracks", "tx-track-10")]),
    "fp": ("5", [("playlists", "tx-playlist")]),
    "v": ("5", [("users", "tx-user-5")]),
    "e": ("52026010107", [("plays", f"play-{n}") for n in (0, 2, 4, 6, 8, 10, 12)]),
    "p1": ("5:250", [("aggregate_monthly_plays", "300")]),
    "p2": ("5:1000", [("aggregate_monthly_plays", "300")]),
    "p3": ("5:10000", [("aggregate_monthly_plays", "300")]),
    "c": ("5:202602", [("comments", "tx-comment")]),
    "cp": ("5:9", [("tracks", "tx-track-9"), ("comments", "tx-comment"), ("comments", "tx-comment-2")]),
    "cs": ("5:9", [("reposts", "tx-repost"), ("saves", "tx-save")]),
    "t": ("5:t:9", [("reposts", "tx-repost"), ("saves", "tx-save")]),
    "tt": ("2026-01-02:1", [("trending_results", "1")]),
    "tut": ("2026-01-02:1", [("trending_results", "1")]),
    "tp": ("2026-01-02:1", [("trending_results", "1")]),
    "w": ("10:5", [("tracks", "tx-track-9"), ("tracks", "tx-track-10"), ("events", "tx-event")]),
    "b": ("5:9", [("purchases", "bought")]),
    "s": ("5:9", [("purchases", "bought")]),
    "m": ("5", [("user_events", "12")]),
    "r": ("6:5", [("user_events", "11")]),
    "rv": ("6:5", [("user_events", "11")]),
    "rd": ("5", [("user_events", "11")]),
    "ft": ("5", [("user_tips", "tip-1")]),
    "dvl": ("5", []),
    "o": ("5:1", []),
}
"""Of each challenge a specifier, and the sources of its events with what tells them apart."""


@pytest.fixture(scope="module")
def network(module_database_url: str) -> str:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(BASE)
        for n, (challenge, (specifier, _)) in enumerate(REWARDS.items()):
            connection.execute(
                "INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete, current_step_count,"
                " completed_blocknumber, amount, completed_at) VALUES (%s, 5, %s, true, 1, %s, 2, %s)",
                [challenge, specifier, 10 + n % 3, datetime(2026, 1, 8 + n % 3)],  # noqa: DTZ001 - as the column is
            )
        connection.execute(
            "INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete, amount)"
            " VALUES ('u', 6, '6', false, 1), ('v', 6, '6', true, 5)"
        )
    return module_database_url


def exported(network: str, *arguments: str) -> list[dict[str, Any]]:
    answer = backbeat("challenges", "export", "--database", network, *arguments)
    assert answer.status == 0, answer.err
    return [{**row, "events": json.loads(row["events"])} for row in csv.DictReader(io.StringIO(answer.out))]


def told_apart(event: dict[str, Any]) -> tuple[str, str]:
    known = ("tx_hash", "signature", "quantity", "block_number")
    return event["source"], str(next(event[name] for name in known if name in event))


def test_every_challenge_of_the_catalogue_has_events_or_says_why_not(network: str) -> None:
    with psycopg.connect(network) as connection:
        catalogue = {row[0] for row in connection.execute("SELECT id FROM challenges")}
    assert FAMILIES.keys() | NO_EVENTS.keys() == catalogue == REWARDS.keys()
    assert FACTS_OF.keys() <= catalogue


@pytest.mark.parametrize("challenge", REWARDS)
def test_each_reward_has_the_events_that_earned_it(network: str, challenge: str) -> None:
    specifier, events = REWARDS[challenge]
    (row,) = [row for row in exported(network) if (row["challenge_id"], row["user_id"]) == (challenge, "5")]
    assert (row["specifier"], row["wallet"], row["amount"]) == (specifier, "0x5", "2")
    assert [told_apart(event) for event in row["events"]] == events
    assert row["note"] == NO_EVENTS.get(challenge, "")


def test_an_event_has_its_place_on_the_chain(network: str) -> None:
    rows = {row["challenge_id"]: row for row in exported(network) if row["user_id"] == "5"}
    assert [rows["fp"][name] for name in ("chain_id", "height", "block_hash")] == ["dev", "120", "b12"]
    assert rows["fp"]["events"] == [
        {
            "source": "playlists", "id": "8", "block_number": 11, "height": 110, "block_hash": "b11",
            "tx_hash": "tx-playlist", "happened_at": "2026-01-03T00:00:00",
        }
    ]  # fmt: skip
    assert (rows["v"]["paid_signature"], rows["v"]["paid_slot"], rows["u"]["paid_signature"]) == ("paid", "700", "")


def test_what_was_written_again_since_is_said_to_be(network: str) -> None:
    rows = {row["challenge_id"]: row for row in exported(network) if row["user_id"] == "5"}
    assert [event.get("written_since", False) for event in rows["u"]["events"]] == [False, True]


def test_they_come_in_order_of_their_block_those_without_one_last(network: str) -> None:
    rows = [(row["block_number"], row["challenge_id"], row["specifier"]) for row in exported(network)]
    assert rows == sorted(rows, key=lambda row: (not row[0], *row))
    assert len(rows) == len(REWARDS) + 1
    assert (rows[-1], rows[0][0]) == (("", "v", "6"), "10")


@pytest.mark.parametrize(
    ("begin", "end", "blocks"),
    [
        ("11", None, {"11", "12"}),
        (None, "11", {"10", "11"}),
        ("11", "11", {"11"}),
        ("2026-01-09", None, {"11", "12"}),
        ("2026-01-09T00:00:00Z", "2026-01-10T01:00:00+01:00", {"11"}),
        ("13", None, set()),
    ],
)
def test_a_range_of_blocks_or_of_time(network: str, begin: str | None, end: str | None, blocks: set[str]) -> None:
    given = [*(("--from", begin) if begin else ()), *(("--to", end) if end else ())]
    assert {row["block_number"] for row in exported(network, *given)} == blocks


def test_pages_do_not_show(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = exported(network)
    monkeypatch.setattr(export, "PAGE_ROWS", 2)
    assert exported(network) == whole


def test_a_file_is_whole_or_is_not_there(network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "rewards.csv"
    told = backbeat("challenges", "export", "--database", network, "--output", str(target), "--json").json
    assert (told["rewards"], told["amount"]) == (len(REWARDS) + 1, 2 * len(REWARDS) + 5)
    assert (told["unexplained"], told["by_challenge"]["v"]) == (len(NO_EVENTS), 2)
    assert target.read_text() == backbeat("challenges", "export", "--database", network).out

    monkeypatch.setattr(export, "BLOCKS", "SELECT 1 / 0")
    broken = tmp_path / "broken.csv"
    answer = backbeat("challenges", "export", "--database", network, "--output", str(broken))
    assert "division by zero" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["rewards.csv"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("--json",), 2, "argument_invalid"),
        (("--format", "parquet"), 2, "argument_invalid"),
        (("--from", "yesterday"), 2, "argument_invalid"),
        (("--output", "/nowhere/at/all.csv", "--json"), 2, "output_not_written"),
    ],
)
def test_what_cannot_be_written(network: str, arguments: tuple[str, ...], status: int, code: str) -> None:
    answer = backbeat("challenges", "export", "--database", network, *arguments)
    assert answer.status == status
    assert "--json" not in arguments or code in answer.err


def test_parquet_without_its_library_says_what_to_install(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    answer = backbeat(
        *("challenges", "export", "--database", network),
        *("--format", "parquet", "--output", str(tmp_path / "rewards.parquet"), "--json"),
    )
    assert (answer.status, json.loads(answer.err)["error"]["code"]) == (78, "parquet_not_installed")
    assert "backbeat[parquet]" in answer.err
    assert not [*tmp_path.iterdir()]


def test_parquet_holds_the_same(network: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed: pip install 'backbeat[parquet]'")
    target = tmp_path / "rewards.parquet"
    arguments = ("--format", "parquet", "--output", str(target))
    assert backbeat("challenges", "export", "--database", network, *arguments).status == 0
    held = parquet.read_table(target).to_pylist()
    rows = [*csv.DictReader(io.StringIO(backbeat("challenges", "export", "--database", network).out))]
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in held] == rows


def test_what_is_no_ordinary_file_is_left_as_it_is(network: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answer = backbeat("challenges", "export", "--database", network, "--output", str(pipe), "--json")
    assert answer.status == 2
    assert "output_not_written" in answer.err
    assert pipe.is_fifo()
    assert [*tmp_path.iterdir()] == [pipe]
