"""Which tests are to notice a change to which file, and which files are left out, with why."""

from typing import NamedTuple

RULES = tuple(
    f"tests/conformance/test_{name}.py"
    for name in ("tracks", "users", "playlists", "comments", "events", "social", "notices", "tips", "access", "wallets")
)
ANY_PAYLOAD = "tests/unit/index/entities"
VALUES = "tests/unit/index/payload"
LOOP = (
    "tests/conformance/test_block_loop.py",
    "tests/unit/index/test_batch_size.py",
    "tests/unit/index/test_state.py",
    "tests/unit/index/test_state_behind.py",
    "tests/integration/index",
    "tests/integration/observe",
    "tests/conformance/test_social.py",
)
REJECTED = (
    "tests/unit/index/test_rejected_plays.py",
    "tests/integration/index/test_rejected_replay.py",
    "tests/integration/index/test_rejected_deaths.py",
    "tests/integration/index/test_rejected_rollover.py",
    "tests/integration/derived/test_replayed_rows.py",
)
TRENDING = (
    "tests/integration/trending",
    *(
        f"tests/integration/derived/test_trending_{name}.py"
        for name in ("playlists", "playlist_rules", "playlist_causes", "playlist_lists", "notifications")
    ),
    "tests/conformance/challenges/test_trending.py",
    "tests/integration/cli/test_trending.py",
    "tests/integration/cli/test_trending_playlists.py",
    "tests/integration/derived/test_every_derivation.py",
)
CHALLENGES = (
    "tests/conformance/challenges",
    "tests/integration/derived/test_play_count_milestones.py",
    "tests/integration/cli/test_challenges.py",
    "tests/integration/derived/test_every_challenge.py",
)
SCORES = ("tests/integration/scores",)
TOLD = ("tests/integration/notifications", "tests/unit/test_at_once.py")
CONTESTS = ("tests/integration/contests",)
RELEASES = ("tests/integration/releases",)
DELISTS = ("tests/unit/test_delist_authorization.py", "tests/unit/test_delist_rows.py", "tests/integration/delists")
AGGREGATES = (
    "tests/integration/aggregates",
    "tests/integration/db/test_triggers_compare.py",
    "tests/integration/derived/test_every_derivation.py",
    "tests/conformance/test_social.py",
)
ENGINE = (
    "tests/unit/incremental",
    "tests/integration/incremental",
    "tests/integration/derived/test_every_derivation.py",
    "tests/integration/derived/test_cost.py",
    "tests/conformance/challenges/test_first_run.py",
)
AUDITS = ("tests/integration/audits/test_rolling.py", "tests/integration/audits/test_corruptions.py")
FOREIGN = "tests/integration/derived/test_foreign_writers.py"
TIPS = ("tests/integration/derived/test_tips.py", "tests/integration/derived/test_tips_disturbed.py")
REPAIRS = ("tests/unit/repairs", "tests/integration/repairs")
SERVICES = ("tests/unit/test_supervisor.py", "tests/integration/test_services.py")
ROUNDS = ("tests/integration/scores/test_drift.py", "tests/integration/scores/test_rounds_disturbed.py")
JOBS = ("tests/unit/jobs", "tests/unit/test_docs.py", "tests/integration/jobs")
CHAIN = (
    "tests/unit/chain",
    "tests/integration/chain",
    "tests/conformance/test_signatures.py",
    "tests/conformance/test_recording.py",
    "tests/conformance/test_block_loop.py",
    "tests/conformance/test_envelope_and_signer.py",
)
WEB = (
    "tests/unit/observe",
    "tests/unit/test_hosts.py",
    "tests/unit/api",
    "tests/integration/web",
    "tests/integration/observe",
    "tests/integration/cli/test_answers.py",
)
READS = (
    "tests/integration/observe/test_rejected.py",
    "tests/integration/index/test_replays.py",
    "tests/integration/cli",
    "tests/integration/derived/test_trending_playlist_lists.py",
    "tests/integration/trending/test_compatible.py",
    "tests/integration/web",
)
SERVER = (
    "tests/unit/db",
    "tests/unit/test_pool_sizing.py",
    "tests/integration/db",
    "tests/integration/index",
    "tests/conformance/test_block_loop.py",
)
INDEX = "src/backbeat/index"
ENVELOPE = "tests/conformance/test_envelope_and_signer.py"
SHARED = tuple(f"tests/conformance/test_{name}.py" for name in ("tracks", "playlists"))
AREAS_OF_ENTITIES = (
    "tracks",
    "playlists",
    "users",
    "comments",
    "events",
    "social",
    "notices",
    "tips",
    "access",
    "wallets",
)
PROOFS = tuple(f"tests/conformance/test_{name}.py" for name in ("access", "wallets"))
PAYLOAD_OF = {"base58": "users", "handles": "users", "genres": "tracks", "slugs": "tracks", "dates": "tracks"}
SCHEMA = "src/backbeat/db/schema"
"""Functions, views, triggers and captures; migrations hold tables, in which nothing is changed."""
TESTS_OF = {
    TOLD: (
        *("functions/is_heard", "functions/follower_thresholds", "functions/item_thresholds"),
        *("functions/followers_then", "functions/subscribers_then"),
        *("functions/savers_then", "functions/albums_bought_then"),
        *("functions/first_parent", "functions/note_releases", "functions/place_between_blocks"),
    ),
    AGGREGATES: (
        *("triggers/count_", "triggers/start_users", "captures/listed_owners", "functions/is_listed_owner"),
        *("functions/roaring", "functions/little_endian"),
    ),
    ("tests/integration/derived/test_plays.py", *ENGINE[2:]): ("functions/listening_", "functions/timestamp_or_null"),
    ENGINE: (
        *("functions/capture", "functions/change", "functions/log_", "functions/release", "functions/snapshot_between"),
        "functions/epoch",
    ),
    CHALLENGES: (
        *("functions/audio", "functions/began_from_now", "functions/count_early", "functions/from_hex"),
        *("functions/monday_of", "functions/notify_", "functions/reward_codes", "functions/set_off"),
        *("functions/play_spans", "functions/seller_as_of"),
        *("triggers/complete_", "triggers/disburse_", "triggers/log_edited_plays", "triggers/note_standing"),
        *("captures/edits", "captures/tips", "views/contest_prizes", "views/profile_steps"),
    ),
    REPAIRS: ("functions/lacks_", "functions/repair_subject"),
    TRENDING: (
        *("functions/is_listed", "functions/magnitude", "functions/trending_", "views/playlist_", "views/trending_"),
        *("views/aggregate_interval_plays", "triggers/log_saves", "triggers/log_reposts", "captures/engaged_"),
        *("captures/karma_users", "captures/trending_"),
    ),
    ("tests/integration/notifications/test_money.py", *TIPS): ("triggers/notify_", "functions/notify_ranks"),
    (FOREIGN, *CHALLENGES): (
        *("triggers/notify_valid_purchases", "triggers/disburse_challenges", "views/matched_purchases"),
        "views/timed_",
        "captures/purchases",
    ),
    TIPS: ("functions/rank_ups", "triggers/log_tips", "captures/paid_slots", "captures/supporters"),
    ("tests/integration/notifications/test_comments.py",): (
        *("functions/comment_mutes_then", "functions/mutes_then", "functions/reporters_then"),
        "functions/silencing_followers",
    ),
    ("tests/integration/notifications/test_content.py",): ("functions/is_open_contest",),
    CONTESTS: ("functions/contest_audience", "views/contest_changes"),
    RELEASES: ("functions/is_scheduled_", "functions/hold_blocks"),
    SCORES: (
        *("functions/karma_of", "functions/user_score", "triggers/log_followings", "captures/follow_edges"),
        *("captures/early_challenges", "captures/owned_tracks", "captures/score", "views/counted_", "views/kept_"),
    ),
}
"""The tests of objects, by how their paths begin."""


class Area(NamedTuple):
    """Files whose paths begin with ``prefix``, and the tests of what they do, the quickest first.

    ``own_server``: the change may harm the server that the tests run on, so each trial starts its own.
    """

    name: str
    prefix: str
    tests: tuple[str, ...]
    own_server: bool = False


HISTORIES = (
    "tests/unit/index/test_histories.py",
    "tests/unit/index/test_standing.py",
    "tests/integration/histories",
)
EXPLORER = ("tests/unit/index/test_explorer.py", "tests/integration/index/test_explorer.py")

AREAS = (
    Area("index", INDEX, (*LOOP, ENVELOPE, "tests/conformance/test_users.py")),
    Area("index", f"{INDEX}/rejected", REJECTED),
    Area(
        "index", f"{INDEX}/explorer", ("tests/unit/index/test_explorer.py", "tests/integration/index/test_explorer.py")
    ),
    *(
        Area("index", f"{INDEX}/{start}", HISTORIES)
        for start in ("histories", "reached", "rows_keep", "standing", "frontiers_append")
    ),
    Area("index", f"{INDEX}/snapshot", ("tests/conformance/test_recording.py", *LOOP)),
    Area("index", f"{INDEX}/rows", ("tests/unit/index/test_write_order.py", *RULES, "tests/integration/schema")),
    Area("index", f"{INDEX}/entities", (ENVELOPE, *RULES, ANY_PAYLOAD)),
    *(
        Area("index", f"{INDEX}/entities/{name}", (f"tests/conformance/test_{name}.py", ANY_PAYLOAD))
        for name in AREAS_OF_ENTITIES
    ),
    Area("index", f"{INDEX}/entities/access/email", ("tests/conformance/test_emails.py", ANY_PAYLOAD)),
    Area("index", f"{INDEX}/acts", TOLD),
    Area("index", f"{INDEX}/kept_acts", TOLD),
    Area("index", f"{INDEX}/content/remixes", (*SHARED, *TOLD)),
    Area("index", f"{INDEX}/content/contests", ("tests/conformance/test_events.py", *SHARED, *TOLD)),
    Area("index", f"{INDEX}/content", (*SHARED, ANY_PAYLOAD)),
    Area("index", f"{INDEX}/content/releases", (*SHARED, *RELEASES)),
    Area("index", f"{INDEX}/wire", ("tests/unit/index/test_routing.py", ENVELOPE, *RULES, ANY_PAYLOAD)),
    Area("index", f"{INDEX}/wire/proofs", PROOFS),
    Area("index", f"{INDEX}/payload", (VALUES, ENVELOPE, *RULES, ANY_PAYLOAD)),
    *(
        Area("index", f"{INDEX}/payload/{start}", (VALUES, f"tests/conformance/test_{rules}.py", ANY_PAYLOAD))
        for start, rules in PAYLOAD_OF.items()
    ),
    Area("index", f"{INDEX}/write_order", ("tests/unit/index/test_write_order.py", *LOOP)),
    Area("chain", "src/backbeat/chain", CHAIN),
    Area("chain", "src/backbeat/chain/ed25519", PROOFS),
    Area("incremental", "src/backbeat/incremental", ENGINE),
    Area("incremental", "src/backbeat/incremental/rolling", ROUNDS),
    Area("jobs", "src/backbeat/jobs", JOBS),
    Area("jobs", "src/backbeat/jobs/catalog", (*JOBS, "tests/conformance/challenges/test_first_run.py")),
    Area("derived", "src/backbeat/derived/aggregates", AGGREGATES),
    Area("derived", "src/backbeat/derived/challenges", CHALLENGES),
    Area("derived", "src/backbeat/derived/contests", CONTESTS),
    Area("derived", "src/backbeat/derived/delists", DELISTS),
    Area("derived", "src/backbeat/derived/notifications", TOLD),
    Area("derived", "src/backbeat/derived/verification", AUDITS),
    Area("derived", "src/backbeat/derived/audits.py", AUDITS),
    Area(
        "derived",
        "src/backbeat/derived/plays",
        (*(f"tests/integration/derived/test_{name}.py" for name in ("plays", "prune", "prune_disturbed")), *ENGINE[2:]),
    ),
    Area("derived", "src/backbeat/derived/releases", RELEASES),
    Area("derived", "src/backbeat/derived/repairs", REPAIRS),
    Area("derived", "src/backbeat/derived/scores", SCORES),
    Area("derived", "src/backbeat/derived/tips", TIPS),
    Area("derived", "src/backbeat/derived/trending", TRENDING),
    Area("outgoing", "src/backbeat/outgoing", ("tests/integration/outgoing",)),
    Area("web", "src/backbeat/api", WEB),
    Area("web", "src/backbeat/web", WEB),
    Area("web", "src/backbeat/observe", WEB),
    Area("web", "src/backbeat/reads", READS),
    Area("web", "src/backbeat/reads/evidence", ("tests/integration/cli/test_challenges_export.py",)),
    Area("adopt", "src/backbeat/adopt", ("tests/integration/adopt",)),
    Area("watch", "src/backbeat/watch", ("tests/unit/watch", "tests/integration/watch")),
    Area(
        "beside",
        "src/backbeat/beside",
        (
            "tests/integration/adopt/test_frontier.py",
            "tests/integration/adopt/test_out_of_order.py",
            "tests/integration/adopt/test_jobs_only.py",
        ),
    ),
    Area("digest", "src/backbeat/digest", ("tests/unit/digest", "tests/integration/digest")),
    Area("web", "src/backbeat/masking.py", ("tests/unit/test_masking.py",)),
    Area("web", "src/backbeat/addresses.py", ("tests/unit/test_addresses.py",)),
    Area("web", "src/backbeat/nearest.py", ("tests/unit/test_nearest.py",)),
    Area("web", "src/backbeat/settings_layers.py", ("tests/unit/test_settings.py",)),
    Area("web", "src/backbeat/settings_values.py", ("tests/unit/test_settings.py",)),
    Area("services", "src/backbeat/service.py", SERVICES),
    Area("services", "src/backbeat/supervisor.py", SERVICES),
    Area("db", "src/backbeat/db", SERVER, own_server=True),
    Area("schema", SCHEMA, (*AGGREGATES, *SCORES, *TRENDING)),
    *(
        Area("schema", f"{SCHEMA}/{start}", HISTORIES)
        for start in ("functions/keep_", "functions/version_of_", "functions/remix_parents", "triggers/keep_past")
    ),
    *(Area("schema", f"{SCHEMA}/{start}", tests) for tests, starts in TESTS_OF.items() for start in starts),
)
NAMES = tuple(dict.fromkeys(area.name for area in AREAS))

LEFT_OUT = {
    "src/backbeat/chain/proto": "generated",
    "src/backbeat/chain/simulator": "a made-up world: most of its numbers are a matter of taste",
    "src/backbeat/cli": "prints what other parts answer",
    "src/backbeat/app.py": "wiring, tried by tests of whole processes, which take minutes",
    "src/backbeat/settings.py": "defaults, which the reference repeats",
    "src/backbeat/errors.py": "declarations",
    "src/backbeat/derived/keeper.py": "protocols",
    "src/backbeat/clock.py": "three calls of the standard library",
    "src/backbeat/codes.py": "declarations",
    "src/backbeat/how_far.py": "a type, and a function that does nothing",
    "src/backbeat/lock_holder.py": "declarations, and words that unit/db/test_failures.py tells",
    "src/backbeat/loop_report.py": "declarations, and sums that unit/index/test_commits.py tells",
    "src/backbeat/notifications": "declarations",
    "src/backbeat/__init__.py": "a version",
    "src/backbeat/__main__.py": "one call",
}


def area_of(path: str) -> Area | None:
    """Return the area with the longest prefix of the path; None for what is left out.

    Raises KeyError for a file that nobody has placed.
    """
    if any(path.startswith(prefix) for prefix in LEFT_OUT):
        return None
    fitting = [area for area in AREAS if path.startswith(area.prefix)]
    if not fitting:
        raise KeyError(path)
    return max(fitting, key=lambda area: len(area.prefix))
