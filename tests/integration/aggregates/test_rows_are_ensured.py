"""Rows that readers join on exist even while every count in them is zero."""

import psycopg
from integration.aggregates.ledger import counters

PLAYLIST = """
    INSERT INTO playlists (
        playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private, playlist_contents, created_at,
        updated_at
    )
    VALUES (7, 1, true, false, %s, false, '{}', now(), now())
"""
SAVE = """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    VALUES (2, 7, %s, true, %s, now())
"""


def keys(connection: psycopg.Connection, subject: str) -> list[int]:
    rows = connection.execute(f"SELECT {subject}_id FROM aggregate_{subject} ORDER BY 1").fetchall()  # noqa: S608 - literals below
    return [key for (key,) in rows]


def test_a_user_has_a_row_from_the_start(undone: psycopg.Connection) -> None:
    undone.execute("INSERT INTO users (user_id, is_current, txhash) VALUES (5, true, 'a'), (5, false, 'b')")
    assert undone.execute("SELECT user_id, follower_count, score FROM aggregate_user").fetchall() == [(5, 0, 0)]


def test_a_track_and_its_owner_have_rows_even_if_it_is_hidden(undone: psycopg.Connection) -> None:
    undone.execute("""
        INSERT INTO tracks (track_id, owner_id, is_current, is_delete, is_available, created_at, updated_at)
        VALUES (3, 9, true, true, false, now(), now())
    """)
    assert keys(undone, "track") == [3]
    assert keys(undone, "user") == [9]


def test_both_ends_of_a_deleted_follow_have_rows(undone: psycopg.Connection) -> None:
    undone.execute("""
        INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
        VALUES (1, 2, true, true, now())
    """)
    assert keys(undone, "user") == [1, 2]


def test_a_saved_playlist_has_a_row_only_once_it_exists(undone: psycopg.Connection) -> None:
    undone.execute(SAVE, ["playlist", False])
    assert keys(undone, "playlist") == []
    undone.execute(PLAYLIST, [True])
    row = undone.execute("SELECT playlist_id, is_album, save_count FROM aggregate_playlist").fetchall()
    assert row == [(7, True, 1)]


def test_an_adopted_playlist_without_a_row_gets_one_when_it_is_saved(undone: psycopg.Connection) -> None:
    undone.execute(PLAYLIST, [True])
    undone.execute("DELETE FROM aggregate_playlist")
    undone.execute(SAVE, ["album", False])
    assert undone.execute("SELECT playlist_id, is_album, save_count FROM aggregate_playlist").fetchall() == [
        (7, True, 1)
    ]


def test_publishing_and_hiding_a_playlist_count_up_and_down(undone: psycopg.Connection) -> None:
    undone.execute(PLAYLIST, [False])
    assert counters(undone, "user", 1) == {"playlist_count": 1, "total_playlist_count": 1}
    undone.execute("UPDATE playlists SET is_private = true")
    assert counters(undone, "user", 1) == {"total_playlist_count": 1}
    undone.execute("UPDATE playlists SET is_private = false, is_album = true")
    assert counters(undone, "user", 1) == {"album_count": 1, "total_album_count": 1}
    assert undone.execute("SELECT is_album FROM aggregate_playlist").fetchall() == [(True,)]


def test_taking_back_a_block_takes_back_its_counts(undone: psycopg.Connection) -> None:
    undone.execute("INSERT INTO blocks (blockhash, number) VALUES ('a', 1), ('b', 2)")
    undone.execute("""
        INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, blocknumber)
        VALUES (1, 2, true, false, now(), 1), (3, 2, true, false, now(), 2)
    """)
    assert counters(undone, "user", 2) == {"follower_count": 2}
    undone.execute("DELETE FROM blocks WHERE number = 2")
    assert counters(undone, "user", 2) == {"follower_count": 1}
    assert counters(undone, "user", 3) == {}
