"""Indexers that write beside jobs: a block in one transaction or noted first, and writers that commit late.

They take nothing by the clock: a test says what happens next. Ids come of sequences and counts of row triggers, as the
network's do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import psycopg

CHAIN = "dev"
BEGAN = datetime(2026, 1, 2, 5)  # noqa: DTZ001 - as the network's columns have it

NEXT = """
    SELECT
        (SELECT max(height) FROM core_indexed_blocks WHERE chain_id = %(chain)s) + 1,
        greatest((SELECT max(number) FROM blocks), (SELECT max(em_block) FROM core_indexed_blocks)) + 1
"""
NOTE = """
    INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block)
    VALUES (%(hash)s, %(chain)s, %(height)s, %(number)s)
"""
BLOCK = """
    WITH told AS (
        INSERT INTO etl_blocks (proposer_address, block_height, block_time) VALUES ('theirs', %(height)s, %(at)s)
    )
    INSERT INTO blocks (blockhash, is_current, number) VALUES (%(hash)s, NULL, %(number)s)
"""
PLAY = """
    INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at)
    VALUES (%(track)s, %(user)s, %(height)s, %(at)s, %(at)s)
    RETURNING id
"""
FOLLOW = """
    INSERT INTO follows (
        blockhash, blocknumber, is_current, is_delete, follower_user_id, followee_user_id, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(follower)s, %(user)s, %(at)s, %(txhash)s)
"""
SAVE = """
    INSERT INTO saves (
        blockhash, blocknumber, is_current, is_delete, user_id, save_item_id, save_type, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(follower)s, %(track)s, 'track', %(at)s, %(txhash)s)
"""
REPOST = """
    INSERT INTO reposts (
        blockhash, blocknumber, is_current, is_delete, user_id, repost_item_id, repost_type, created_at, txhash
    )
    VALUES (%(hash)s, %(number)s, true, false, %(follower)s, %(track)s, 'track', %(at)s, %(txhash)s)
"""
EDIT = """
    UPDATE users SET bio = %(txhash)s, blockhash = %(hash)s, blocknumber = %(number)s, updated_at = %(at)s
    WHERE user_id = %(user)s AND is_current
"""
ROWS = (FOLLOW, SAVE, REPOST, PLAY, PLAY, EDIT)


class ForeignWriter:
    """One session of an indexer, which acts for ``users`` upon ``tracks`` that are nobody else's.

    Triggers for each row hold the counts of both to the end of a transaction, so writers with the same ones wait for
    each other, as the network's do.
    """

    fresh = count(9_000_000)

    def __init__(self, url: str, name: str, users: Sequence[int], tracks: Sequence[int]) -> None:
        self.connection = psycopg.connect(url, application_name=name, options="-c lock_timeout=20s")
        self._users, self._tracks = users, tracks
        self.values: dict[str, Any] = {}

    def close(self) -> None:
        """End the session, and what it has not committed."""
        self.connection.close()

    def begin(self, *, late: bool = False) -> None:
        """Choose the next block to write, or, ``late``, the newest one that is there."""
        ((height, number),) = self._ask(NEXT, {"chain": CHAIN})
        height, number = (height - 1, number - 1) if late else (height, number)
        self.values = {
            "chain": CHAIN,
            "height": height,
            "number": number,
            "hash": f"theirs{height}",
            "at": BEGAN + timedelta(seconds=height),
        }

    def note(self) -> None:
        """Note the block in the bookkeeping."""
        self._do(NOTE)

    def write_block(self) -> None:
        """Write the block."""
        self._do(BLOCK)

    def write_rows(self, statements: Sequence[str] = ROWS) -> None:
        """Write rows of the block."""
        for statement in statements:
            fresh = next(self.fresh)
            self.values |= {
                "follower": fresh,
                "txhash": f"T{fresh}",
                "user": self._users[fresh % len(self._users)],
                "track": self._tracks[fresh % len(self._tracks)],
            }
            self._do(statement)

    def play(self) -> int:
        """Write a play of the block, and return its id."""
        self.write_rows(())
        fresh = next(self.fresh)
        self.values |= {"user": self._users[0], "track": self._tracks[fresh % len(self._tracks)]}
        ((play_id,),) = self._ask(PLAY, self.values)
        return int(play_id)

    def commit(self) -> None:
        """Commit what is written."""
        self.connection.commit()

    def roll_back(self) -> None:
        """Undo what is written."""
        self.connection.rollback()

    def whole_block(self) -> int:
        """Write the next block and its rows in one transaction, and return its height."""
        self.begin()
        self.note()
        self.write_block()
        self.write_rows()
        self.commit()
        return int(self.values["height"])

    def _do(self, statement: str) -> None:
        self.connection.execute(statement.encode(), self.values)

    def _ask(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.encode(), values).fetchall()
