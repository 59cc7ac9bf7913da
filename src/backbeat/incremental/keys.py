"""Statements that turn the rows of a feed into keys, for feeds that need none of their own."""

from backbeat.db.sql import compose, load

CHANGED_IDS = load(__package__, "changed_ids.sql")
"""Of a ChangeFeed whose keys are ids."""

CHANGED_KEYS = load(__package__, "changed_keys.sql")
"""Of a ChangeFeed whose keys are texts."""

EDITED_IDS = load(__package__, "edited_ids.sql")
"""Of an EditFeed whose keys are ids, behind their kind."""


def by_block(table: str | tuple[str, str], key: str) -> str:
    """Return the statement of a BlockFeed on a table whose keys are in the column ``key``."""
    return compose(__package__, "keys_by_block.sql", table=table, key=key).as_string()
