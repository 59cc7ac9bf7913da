"""Wrong usages, and what is said of them: of values that nobody would think of, and of options that clash."""

import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from backbeat.errors import Exit

SECRET = "hunter2"  # noqa: S105 - made up
HUGE = "9" * 400
INVALID, USAGE, CONFIG = "command_line_invalid", Exit.USAGE, Exit.CONFIG
FOLDER = "/"
NOWHERE = "/nowhere/at/all"
NO_NUMBER, NOT_ONE = "valid integer", "not one of"
TOO_SMALL, TOO_GREAT = "greater than or equal to", "less than or equal"


class Wrong(NamedTuple):
    """A wrong usage, and what is said of it."""

    arguments: Sequence[str]
    """The command line."""
    code: str
    """Of the error."""
    status: Exit
    """How it ends."""
    told: str = ""
    """A piece of the message."""
    cure: str = ""
    """A piece of the cure."""
    env: Sequence[tuple[str, str]] = ()
    """What is set beside it."""


UNREADABLE = (
    ("trending top --limit 0", TOO_SMALL),
    ("trending top --limit -1", TOO_SMALL),
    (f"trending top --limit {HUGE}", "--limit"),
    ("trending top --limit 1e3", NO_NUMBER),
    ("trending top --limit \u0663x", NO_NUMBER),
    ("trending top --range Week", NOT_ONE),
    ("trending top --range ''", NOT_ONE),
    ("trending top --range we\u0435k", NOT_ONE),
    ("trending top --version pnagd", NOT_ONE),
    ("trending top --explain 0", TOO_SMALL),
    ("trending top --explain -5", TOO_SMALL),
    (f"trending top --explain {HUGE}", "--explain"),
    ("trending top Rock", "too many arguments: Rock"),
    ("trending indexes create now", "too many arguments: now"),
    ("trending indexes drop all", "too many arguments: all"),
    ("challenges export --format xml", NOT_ONE),
    ("challenges export --format CSV", NOT_ONE),
    (f"challenges export --output {FOLDER}", "is a directory"),
    ("challenges export --output ''", "no file is named"),
    ("challenges export everything", "too many arguments"),
    ("challenges undisbursed --limit 0", TOO_SMALL),
    (f"challenges undisbursed --after {HUGE}", "--after"),
    ("digest --at -1", TOO_SMALL),
    ("digest --at x", NO_NUMBER),
    (f"digest --at {HUGE}", "--at"),
    ("digest --seconds 0", TOO_SMALL),
    ("digest --seconds nan", "--seconds"),
    ("digest --seconds inf", TOO_GREAT),
    ("digest --wait -1", TOO_SMALL),
    ("digest --wait nan", "--wait"),
    ("digest compare", "Missing argument 'URL'"),
    (f"digest compare http://127.0.0.1:1 --token-file {NOWHERE}", "does not exist"),
    (f"digest compare http://127.0.0.1:1 --token-file {FOLDER}", "is a directory"),
    ("digest compare http://127.0.0.1:1 http://127.0.0.1:2", "too many arguments"),
    ("audit --ranges -1", TOO_SMALL),
    ("audit --ranges 1.5", NO_NUMBER),
    (f"audit --ranges {HUGE}", "--ranges"),
    ("migrate now", "too many arguments: now"),
    ("migrate --phase ''", NOT_ONE),
    ("migrate --phase PRE", NOT_ONE),
    (f"migrate --config {FOLDER}", "is a directory"),
    ("migrate --dry-run=maybe", "--dry-run"),
    ("adopt x", "too many arguments: x"),
    ("adopt --release --prepare", "--prepare"),
    ("adopt --switch", "--switch"),
    ("watch --rate 0 --rate nan", "--rate"),
    ("watch --seconds 0 --once", TOO_SMALL),
    ("watch --seconds inf --once", TOO_GREAT),
    ("watch all", "too many arguments: all"),
    ("snapshot infer", "Missing argument"),
    ("snapshot infer ''", "no file is named"),
    (f"snapshot infer {FOLDER}", "is a directory"),
    (f"snapshot infer {NOWHERE} --txs-per-block 0", "--txs-per-block"),
    ("simulate --record new --blocks 0", TOO_SMALL),
    ("simulate --record new --blocks -1", TOO_SMALL),
    ("simulate --record new --blocks many", NO_NUMBER),
    ("simulate --record new --begin soon", "--begin"),
    ("simulate --record new --seed x", NO_NUMBER),
    ("simulate --record new --rate fast", "--rate"),
    ("simulate network", "too many arguments: network"),
    ("web --port -1", TOO_SMALL),
    (f"web --port {HUGE}", "--port"),
    ("web --port ''", NO_NUMBER),
    ("web --host ''", "--host"),
    ("up --port 80a", NO_NUMBER),
    ("up --web --no-web x", "too many arguments: x"),
    ("up --exit-at-tip --stop-at -1", TOO_SMALL),
    ("up --stop-at x", NO_NUMBER),
    ("up --seed x", NO_NUMBER),
    ("up --rate x", "--rate"),
    ("index --stop-at 0", TOO_SMALL),
    ("index --port 1", "--port"),
    ("jobs pause --group", "--group"),
    ("jobs history trending.tracks --limit -1", TOO_SMALL),
    ("rejected list --user -1", TOO_SMALL),
    ("rejected list --since x", NO_NUMBER),
    ("rejected list --limit 201", TOO_GREAT),
    ("rejected show ''", "621.0"),
    ("rejected show 1.2.3", "621.0"),
    ("rejected show 99999999999999999999.1", "621.0"),
    ("rejected show 1.\u0662", "621.0"),
    ("rejected replay --since -1", TOO_SMALL),
    ("replays --limit 0", TOO_SMALL),
    ("plays accept x", "too many arguments: x"),
    ("status --all x", "too many arguments: x"),
)
"""What the command line cannot read, and a piece of what it says."""

REFUSED = (
    ("trending top --genre ''", "genre_unknown", USAGE, "--genre Electronic"),
    ("trending top --genre ' '", "genre_unknown", USAGE, "leave it out"),
    ("trending top --range year", "trending_options_clash", USAGE, "week, month, allTime"),
    ("trending top --playlists --range allTime", "trending_options_clash", USAGE, "week, month, year"),
    ("trending top --playlists --albums", "trending_options_clash", USAGE, "Give one of"),
    ("trending top --albums --underground", "trending_options_clash", USAGE, "Leave it out for albums"),
    ("trending top --playlists --version pnagD", "trending_options_clash", USAGE, "Leave it out"),
    ("trending top --explain 1 --limit 5", "trending_options_clash", USAGE, "Leave one of them out"),
    ("trending top --explain 1 --genre Rock", "trending_options_clash", USAGE, "Leave one of them out"),
    ("challenges export --format parquet", "argument_invalid", USAGE, "--output"),
    ("digest --key zz", "argument_invalid", USAGE, "0 to 9 and a to f"),
    ("digest --key \u00e9", "argument_invalid", USAGE, "0 to 9 and a to f"),
    ("digest --table plais", "digest_table_unknown", USAGE, "Did you mean plays?"),
    ("digest --table ''", "digest_table_unknown", USAGE, "backbeat digest"),
    ("digest compare http://127.0.0.1:1 --table pl\u0430ys", "digest_table_unknown", USAGE, "Did you mean plays?"),
    ("audit agregates.users", "audit_unknown", USAGE, "Did you mean aggregates.users?"),
    ("audit ''", "audit_unknown", USAGE, "The audits are"),
    ("audit \u0430ggregates.users", "audit_unknown", USAGE, "Did you mean aggregates.users?"),
    ("audit backbeat.told_plays", "audit_unknown", USAGE, "The audits are"),
    (f"migrate --config {NOWHERE}", "settings_file_unreadable", CONFIG, "Check its path"),
    (f"migrate --database me:{SECRET}@h/d", "database_url_invalid", CONFIG, "postgresql://user@host"),
    (f"adopt --database postgresql://me:{SECRET}@[h/d", "database_url_invalid", CONFIG, "postgresql://"),
    (f"psql --database me:{SECRET}@h/d", "database_url_invalid", CONFIG, "postgresql://user@host"),
    (f"psql --database postgresql://me:{SECRET}@h/d?x{SECRET}=1", "database_parameter_unknown", CONFIG, "Leave it out"),
    ("watch", "watch_without_database", USAGE, "--database"),
    ("watch --seconds 5", "watch_without_database", USAGE, "--database"),
    ("simulate --serve ''", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve 127.0.0.1", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve ::1", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve 127.0.0.1:99999", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve 127.0.0.1:-1", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve 127.0.0.1:\u0663", "serve_address_invalid", CONFIG, "HOST:PORT"),
    (f"simulate --serve me:{SECRET}@h:1x", "serve_address_invalid", CONFIG, "HOST:PORT"),
    ("simulate --serve 127.0.0.1:0 --record new", "simulate_what", CONFIG, "--record FILE"),
    ("simulate --begin 2026-01-01", "simulate_what", CONFIG, "--serve HOST:PORT"),
    ("simulate --record new --rate nan", "setting_invalid", CONFIG, "It takes"),
    ("simulate --record new --rate -1", "setting_invalid", CONFIG, "It takes"),
    ("simulate --record new --block-seconds 0", "setting_invalid", CONFIG, "It takes"),
    (f"simulate --record {FOLDER}", "recording_not_writable", Exit.UNAVAILABLE, "Name another file"),
    (f"simulate --record {NOWHERE}", "recording_not_writable", Exit.UNAVAILABLE, "Name another file"),
    ("up --node ''", "node_url_invalid", CONFIG, "grpc://"),
    ("up --node host:1", "node_url_invalid", CONFIG, "grpc://"),
    (f"up --node grpc://me:{SECRET}@h:1", "node_url_invalid", CONFIG, "grpc://"),
    ("up --recording ''", "recording_not_found", CONFIG, "simulate --record"),
    (f"up --recording {FOLDER}", "recording_not_found", CONFIG, "simulate --record"),
    ("up --simulate --recording x", "source_options_clash", USAGE, "Name one of"),
    ("up --log-level LOUD", "setting_invalid", CONFIG, "It takes"),
    ("jobs pause", "job_choice", USAGE, "more: `backbeat jobs list --json`"),
    ("jobs pause --group trendin", "job_group_unknown", USAGE, "Did you mean trending? The groups are"),
    ("jobs pause --group ''", "job_group_unknown", USAGE, "The groups are"),
    ("jobs pause trending.tracks --all", "job_choice", USAGE, "The groups are"),
    ("jobs resume trending.track", "job_unknown", USAGE, "Did you mean trending.tracks?"),
    ("jobs pause ''", "job_unknown", USAGE, "backbeat jobs list"),
    ("rejected list --reason ''", "reason_unknown", USAGE, "backbeat status"),
    ("rejected replay --reason dup", "reason_unknown", USAGE, "Did you mean duplicate?"),
    ("settings web.prot", "setting_unknown", CONFIG, "Did you mean web.port?"),
    ("settings ''", "setting_unknown", CONFIG, "lists what there is"),
    ("settings w\u0435b.port", "setting_unknown", CONFIG, "Did you mean web.port?"),
    (f"settings postgresql://me:{SECRET}@h/d", "setting_unknown", CONFIG, "lists what there is"),
    ("status --watch", "watch_needs_terminal", USAGE, "backbeat status --json"),
)
"""What a verb cannot use, before it asks any database: code, status and a piece of the cure."""


def wrong_values() -> Iterator[Wrong]:
    """Yield what is wrong about values and combinations of them."""
    for line, told in UNREADABLE:
        yield Wrong(_words(line), INVALID, USAGE, told, "--help")
    for line, code, status, cure in REFUSED:
        yield Wrong(_words(line), code, status, "", cure)


def _words(line: str) -> list[str]:
    return shlex.split(line)
