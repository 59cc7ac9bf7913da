"""What every session of ours begins with, whatever the role, the database, the server or the environment say.

A setting is here because a result or a promise of ours rests on it. What only describes the machine (memory, parallel
workers, tablespaces) and what is the operator's to weigh (``synchronous_commit``) is not. Nothing
here needs a superuser. docs/reference/session-settings.md has each with its reason.
"""

from collections.abc import Mapping

NEWEST = 10_000_000  # of what versions there may come to be

VALUES: Mapping[str, str] = {
    # how values are read and written
    "DateStyle": "ISO,MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "timezone_abbreviations": "Default",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "quote_all_identifiers": "off",
    # what statements mean
    "transform_null_equals": "off",
    "row_security": "off",
    "gin_fuzzy_search_limit": "0",
    "stats_fetch_consistency": "cache",
    "exit_on_error": "off",
    # what a transaction is
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    # who cuts a session off: its lane's limits alone
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    # how statements are planned
    "jit": "off",
    "random_page_cost": "1.1",  # a run finds a few rows by index, in pages that are warm; 4 is a disk's that seeks
    "plan_cache_mode": "auto",
    "geqo": "on",
    "join_collapse_limit": "8",
    "from_collapse_limit": "8",
    **dict.fromkeys(
        (
            "enable_bitmapscan",
            "enable_hashagg",
            "enable_hashjoin",
            "enable_incremental_sort",
            "enable_indexonlyscan",
            "enable_indexscan",
            "enable_material",
            "enable_memoize",
            "enable_mergejoin",
            "enable_nestloop",
            "enable_seqscan",
            "enable_sort",
            "enable_tidscan",
        ),
        "on",
    ),
}
"""Known to every server from PostgreSQL 15 on, so they may travel in the first packet."""

NOT_EVERYWHERE: Mapping[str, tuple[str, tuple[range, ...]]] = {
    "force_parallel_mode": ("off", (range(150_000, 160_000),)),
    "debug_parallel_query": ("off", (range(160_000, NEWEST),)),
    "transaction_timeout": ("0", (range(170_000, NEWEST),)),
    "restrict_nonsystem_relation_kind": (
        "",
        (range(150_008, 160_000), range(160_004, 170_000), range(170_000, NEWEST)),
    ),
}
"""A value, and the versions that know its name; others would refuse a first packet that has it."""

FROM_ENVIRONMENT = ("DateStyle", "TimeZone", "geqo")
"""What libpq sends of PGDATESTYLE, PGTZ and PGGEQO, behind and so above our own words in the first packet."""


def words(**wanted: str) -> str:
    """Return a session's settings as the ``options`` of its first packet; ``wanted`` goes before what is pinned."""
    chosen = {"backbeat.session": "own", **VALUES, **wanted}
    return " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in chosen.items())


def afterwards(version: int) -> dict[str, str]:
    """Return what the first packet could not carry to a server of this version, or may not have won."""
    return {**{name: VALUES[name] for name in FROM_ENVIRONMENT}, **_known(version)}


def in_transaction(version: int, **wanted: str) -> dict[str, str]:
    """Return what each transaction sets for itself, where a session is not ours alone.

    Isolation and the like are said as a transaction begins; a default for the next would come too late. Whether it may
    write is among the answers all the same.
    """
    begun = {"default_transaction_isolation", "default_transaction_deferrable"}
    kept = {name: value for name, value in VALUES.items() if name not in begun}
    return {"search_path": "public", **kept, **_known(version), **wanted}


def _known(version: int) -> dict[str, str]:
    return {
        name: value for name, (value, known) in NOT_EVERYWHERE.items() if any(version in versions for versions in known)
    }
