"""What others do to the tables past the chain, between two blocks, and what they add of other chains."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from psycopg import AsyncConnection

HOUR = timedelta(hours=1)
FIRST_SLOT = 300_000_000
SWITCHED = (
    *("u", "fp", "p", "v", "c", "cp", "cs", "w", "m", "r", "rv", "rd", "e", "p1", "p2", "p3", "b", "s", "ft", "t"),
    *("tt", "tut", "tp", "o", "dvl"),
)
STEPPED = {"u": (2, 3, 3), "p": (4, 5, 6), "r": (1, 2, 3), "rv": (2, 3, 4), "p1": (2, 3), "p2": (5, 6), "p3": (11, 12)}
BEGINNING = """
    UPDATE challenges SET active = true, starting_block = 0;
    UPDATE challenges SET step_count = it.step_count
    FROM (VALUES ('p', 5), ('r', 2), ('rv', 3), ('p1', 3), ('p2', 6), ('p3', 12)) AS it (id, step_count)
    WHERE challenges.id = it.id
"""
PURCHASE = """
    INSERT INTO sol_purchases (
        signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
        valid_after_blocknumber, is_valid, created_at
    ) VALUES (%s, 0, %s, %s, 'a', %s, %s, %s, 'stream', 0, %s, %s)
"""
TIP = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at)
    VALUES (%s, %s, %s, %s, 1, %s)
"""
SCORE = """
    INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)
    VALUES (%s, 'TRACKS', 'pnagD', 'week', %s, %s)
    ON CONFLICT (track_id, type, version, time_range)
    DO UPDATE SET score = excluded.score, created_at = excluded.created_at
"""
TRACK_SCORES = """
    INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)
    SELECT track_id, 'TRACKS', 'pnagD', 'week', track_id * %s::bigint %% 23, %s FROM tracks
    ON CONFLICT (track_id, type, version, time_range)
    DO UPDATE SET score = excluded.score, created_at = excluded.created_at
"""
PLAYLIST_SCORES = """
    INSERT INTO playlist_trending_scores (playlist_id, type, version, time_range, score, created_at)
    SELECT playlist_id, 'PLAYLISTS', 'pnagD', 'week', playlist_id * %s::bigint %% 11, %s FROM playlists
    ON CONFLICT (playlist_id, type, version, time_range)
    DO UPDATE SET score = excluded.score, created_at = excluded.created_at
"""
GRANT = """
    INSERT INTO user_challenges (
        challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_blocknumber, completed_at
    )
    SELECT %s, %s, %s, done.it, 1, %s, CASE WHEN done.it THEN 1 END, CASE WHEN done.it THEN %s::timestamp END
    FROM (SELECT %s::boolean AS it) AS done
    ON CONFLICT (challenge_id, specifier) DO UPDATE SET
        is_complete = excluded.is_complete, amount = excluded.amount,
        completed_blocknumber = excluded.completed_blocknumber, completed_at = excluded.completed_at
"""

LATE = (
    """
    INSERT INTO comments (
        comment_id, user_id, blocknumber, created_at, text, entity_id, entity_type, updated_at, txhash, blockhash
    )
    SELECT %s, %s, greatest(1, max(number) - %s), %s, 'late', 2000001, 'Track', now(), 'late', 'late' FROM blocks
    """,
    """
    INSERT INTO tracks (track_id, owner_id, blocknumber, created_at, title, is_current, is_delete, updated_at)
    SELECT %s, %s, greatest(1, max(number) - %s), %s, 'late', true, false, now() FROM blocks
    """,
    """
    INSERT INTO playlists (
        playlist_id, playlist_owner_id, blocknumber, created_at, playlist_contents, is_album, is_private, is_current,
        is_delete, updated_at
    )
    SELECT
        %s, %s, greatest(1, max(number) - %s), %s, '{"track_ids": [{"track": 2000001, "time": 1}]}', false, false, true,
        false, now()
    FROM blocks
    """,
)
LATE_IDS = 90_000_000


class Edit(NamedTuple):
    """A statement and what it is about."""

    statement: str
    values: Sequence[Any] = ()

    async def do(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(self.statement.encode(), list(self.values) or None)


class Editor:
    """Draws edits; ``late``: rows of earlier blocks too, as another program adds that fills what was missing."""

    def __init__(self, draw: Random, *, late: bool) -> None:
        self._draw = draw
        self._late = late
        self._bought: set[tuple[int, int]] = set()
        self._tippers: set[int] = set()
        self._events = 0

    def beginning(self) -> Edit:
        """Return the catalogue of a short history: everything is on and can be reached."""
        return Edit(BEGINNING)

    def edit(
        self,
        now: datetime,
        tracks: Mapping[int, int],
        playlists: Mapping[int, int],
        comments: Mapping[int, int],
        contests: Mapping[int, int],
    ) -> Edit:
        """Return what is done while the cursor stands at the block of ``now``."""
        if self._late and self._draw.random() < 0.3:
            return self._row_of_an_earlier_block(now)
        chance = self._draw.random()
        if chance < 0.3:
            return self._catalogue()
        if chance < 0.43:
            return self._scores(tracks, now)
        if chance < 0.46:
            return self._granted(now)
        if chance < 0.6:
            return self._elsewhere(now, [*tracks, *playlists], playlists)
        return self._table(tracks, playlists, comments, contests)

    def _row_of_an_earlier_block(self, now: datetime) -> Edit:
        self._events += 1
        user, blocks = 3_000_001 + self._draw.randrange(7), self._draw.randrange(12)
        at = (now - self._draw.choice((4, 24, 72, 240)) * HOUR).replace(tzinfo=None)
        return Edit(self._draw.choice(LATE), (LATE_IDS + self._events, user, blocks, at))

    def _catalogue(self) -> Edit:
        one = self._draw.choice(SWITCHED)
        kind = self._draw.random()
        if kind < 0.35:
            return Edit("UPDATE challenges SET amount = %s WHERE id = %s", (str(self._draw.randrange(1, 4)), one))
        if kind < 0.75 or one not in STEPPED:
            return Edit("UPDATE challenges SET active = NOT active WHERE id = %s", (one,))
        return Edit("UPDATE challenges SET step_count = %s WHERE id = %s", (self._draw.choice(STEPPED[one]), one))

    def _elsewhere(self, now: datetime, contents: Sequence[int], playlists: Mapping[int, int]) -> Edit:
        """Return a purchase or a tip, now or late, between two blocks or at the time of one; one for each key."""
        self._events += 1
        late = self._draw.choice((0, 0, 1, 4, 4, 8, 24, 72)) * HOUR + self._draw.choice((0, 30, 30)) * timedelta(
            seconds=1
        )
        at = (now - late).replace(tzinfo=None)
        slot = FIRST_SLOT + int(at.timestamp()) // 10
        user = 3_000_001 + self._draw.randrange(7)
        if self._draw.random() < 0.25 and user not in self._tippers:
            self._tippers.add(user)
            return Edit(TIP, (slot, f"t{self._events}", user, 3_000_001 + self._draw.randrange(7), at))
        content = self._draw.choice(contents)
        if (user, content) in self._bought:
            return Edit("SELECT 1")
        self._bought.add((user, content))
        amount = self._draw.choice((990_000, 1_000_000, 2_500_000, 4_990_000))
        kind = self._draw.choice(("playlist", "album")) if content in playlists else "track"
        is_valid = self._draw.choice((True, True, True, False))
        return Edit(PURCHASE, (f"s{self._events}", amount, slot, kind, content, user, is_valid, at))

    def _table(
        self,
        tracks: Mapping[int, int],
        playlists: Mapping[int, int],
        comments: Mapping[int, int],
        contests: Mapping[int, int],
    ) -> Edit:
        user, is_so = 3_000_001 + self._draw.randrange(7), self._draw.random() < 0.5
        track, comment = self._draw.choice([*tracks]), self._draw.choice([*comments, 0])
        playlist, contest = self._draw.choice([*playlists, 0]), self._draw.choice([*contests])
        return self._draw.choice(
            (
                Edit("UPDATE users SET is_verified = %s WHERE user_id = %s", (is_so, user)),
                Edit("UPDATE users SET is_verified = %s WHERE user_id = %s", (is_so, user)),
                Edit(
                    "UPDATE users SET is_deactivated = %s, is_available = NOT %s WHERE user_id = %s",
                    (is_so, is_so, user),
                ),
                Edit(
                    "UPDATE tracks SET is_delete = %s, is_available = NOT %s WHERE track_id = %s", (is_so, is_so, track)
                ),
                Edit("UPDATE tracks SET is_delete = false WHERE is_delete"),
                Edit("UPDATE tracks SET owner_id = %s WHERE track_id = %s", (user, track)),
                Edit("UPDATE playlists SET playlist_owner_id = %s WHERE playlist_id = %s", (user, playlist)),
                Edit("UPDATE playlists SET is_delete = %s WHERE playlist_id = %s", (is_so, playlist)),
                Edit("UPDATE comments SET is_visible = %s WHERE comment_id = %s", (is_so, comment)),
                Edit("UPDATE comments SET is_delete = %s WHERE comment_id = %s", (is_so, comment)),
                Edit("UPDATE events SET is_deleted = %s WHERE event_id = %s", (is_so, contest)),
            )
        )

    def _scores(self, tracks: Mapping[int, int], now: datetime) -> Edit:
        """Return what the score of a track is set to, or those of all tracks, or of all playlists."""
        at = now.replace(tzinfo=None)
        if (chance := self._draw.random()) < 0.4:
            return Edit(SCORE, (self._draw.choice([*tracks]), self._draw.randrange(9), at))
        return Edit(TRACK_SCORES if chance < 0.7 else PLAYLIST_SCORES, (self._draw.randrange(1, 23), at))

    def _granted(self, now: datetime) -> Edit:
        """Return a reward that an operator writes, or writes over."""
        user, number = 3_000_001 + self._draw.randrange(9), self._draw.randrange(4)
        one, is_complete = self._draw.choice(("o", "o", "dvl")), self._draw.random() < 0.7
        amount = self._draw.randrange(1, 50)
        return Edit(GRANT, (one, f"{user:x}:{number}", user, amount, now.replace(tzinfo=None), is_complete))
