"""A write that changes no count leaves the counts' rows untouched: no dead row, no lock, no WAL."""

import psycopg
import pytest

HISTORY = (
    """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at)
    VALUES (1, 1, true, false, now(), now())
    """,
    """
    INSERT INTO playlists (
        playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private, playlist_contents, created_at,
        updated_at
    )
    VALUES (1, 1, true, false, false, false, '{}', now(), now())
    """,
    """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
    VALUES (1, 2, true, false, now()), (2, 1, true, true, now())
    """,
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    VALUES (1, 1, 'track', true, false, now()), (2, 1, 'playlist', true, false, now())
    """,
    """
    INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, created_at)
    VALUES (1, 1, 'track', true, false, now()), (2, 1, 'playlist', true, false, now())
    """,
    """
    INSERT INTO comments (comment_id, text, user_id, entity_id, entity_type, txhash, blockhash)
    VALUES (1, 'so good', 1, 1, 'Track', '', '')
    """,
)

SAME = ("tracks", "playlists", "follows", "saves", "reposts", "comments")

PLACES = """
    SELECT 'user', user_id, ctid::text, xmax::text FROM aggregate_user
    UNION ALL SELECT 'track', track_id, ctid::text, xmax::text FROM aggregate_track
    UNION ALL SELECT 'playlist', playlist_id, ctid::text, xmax::text FROM aggregate_playlist
    ORDER BY 1, 2
"""


@pytest.fixture
def counted(undone: psycopg.Connection) -> psycopg.Connection:
    for statement in HISTORY:
        undone.execute(statement)
    return undone


@pytest.mark.parametrize("table", SAME)
def test_writing_the_same_again_moves_no_row(counted: psycopg.Connection, table: str) -> None:
    before = counted.execute(PLACES).fetchall()
    assert counted.execute(f"UPDATE {table} SET txhash = 'again'").rowcount > 0  # noqa: S608 - a literal above
    assert counted.execute(PLACES).fetchall() == before


def test_an_upsert_that_changes_nothing_moves_no_row(counted: psycopg.Connection) -> None:
    before = counted.execute(PLACES).fetchall()
    counted.execute("""
        INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
        VALUES (1, 2, true, false, now()), (2, 1, true, true, now())
        ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current
        DO UPDATE SET is_delete = excluded.is_delete, created_at = excluded.created_at
    """)
    assert counted.execute(PLACES).fetchall() == before


def test_unfollowing_and_following_in_one_statement_moves_only_the_users_who_differ(
    counted: psycopg.Connection,
) -> None:
    before = counted.execute(PLACES).fetchall()
    counted.execute("""
        INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
        VALUES (1, 2, true, true, now()), (1, 3, true, false, now())
        ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current
        DO UPDATE SET is_delete = excluded.is_delete
    """)
    moved = {row[:2] for row in set(counted.execute(PLACES).fetchall()) - set(before)}
    # User 1 gains one in the insert's trigger and loses one in the update's: two triggers, so it is written.
    assert moved == {("user", 1), ("user", 2), ("user", 3)}
