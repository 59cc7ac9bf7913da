"""Histories against what the tables said: a naive reference writes down every table at the end of every block."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier


class Told(NamedTuple):
    """What rewards are judged by: as the base table has it, and the columns of the versions that say the same."""

    base: str
    versions: str
    columns: str


TOLD: Mapping[str, Told] = {
    "users": Told(
        "SELECT user_id, is_verified, is_deactivated, is_available, handle_lc IS NOT NULL, name IS NOT NULL, "
        "bio IS NOT NULL, num_nonnulls(profile_picture, profile_picture_sizes) > 0, "
        "num_nonnulls(cover_photo, cover_photo_sizes) > 0 FROM users WHERE is_current",
        "user_versions",
        "user_id, is_verified, is_deactivated, is_available, has_handle, has_name, has_bio, has_picture, has_cover",
    ),
    "tracks": Told(
        "SELECT track_id, owner_id, is_delete, is_unlisted, is_available, stem_of IS NOT NULL, "
        "is_stream_gated IS TRUE, CASE WHEN is_scheduled_release THEN release_date END, pinned_comment_id, "
        "(SELECT array_agg(parent_track_id ORDER BY parent_track_id) FROM remixes WHERE child_track_id = track_id) "
        "FROM tracks WHERE is_current",
        "track_versions",
        "track_id, owner_id, is_delete, is_unlisted, is_available, is_stem, is_stream_gated, releases_at, "
        "pinned_comment_id, (SELECT array_agg(parent ORDER BY parent) FROM unnest(parents) AS parent)",
    ),
    "playlists": Told(
        "SELECT playlist_id, playlist_owner_id, is_delete, is_private, is_album, "
        "jsonb_path_exists(playlist_contents, '$.track_ids[0]') FROM playlists WHERE is_current",
        "playlist_versions",
        "playlist_id, owner_id, is_delete, is_private, is_album, has_entries",
    ),
    "comments": Told(
        "SELECT comment_id, user_id, entity_type, entity_id, coalesce(is_delete, true), coalesce(is_visible, false), "
        "created_at FROM comments",
        "comment_versions",
        "comment_id, user_id, entity_type, entity_id, is_delete, is_visible, created_at",
    ),
    "events": Told(
        "SELECT event_id, user_id, event_type, coalesce(is_deleted, true), "
        "CASE jsonb_typeof(event_data -> 'winners') WHEN 'array' THEN event_data -> 'winners' END FROM events",
        "event_versions",
        "event_id, user_id, event_type, is_deleted, winners",
    ),
    "follows": Told(
        "SELECT follower_user_id, followee_user_id, created_at FROM follows WHERE NOT is_delete AND is_current",
        "follow_versions",
        "follower_user_id, followee_user_id, created_at",
    ),
    "reposts": Told(
        "SELECT user_id, repost_item_id, repost_type, created_at FROM reposts WHERE NOT is_delete AND is_current",
        "repost_versions",
        "user_id, repost_item_id, repost_type, created_at",
    ),
    "saves": Told(
        "SELECT user_id, save_item_id, save_type, created_at FROM saves WHERE NOT is_delete AND is_current",
        "save_versions",
        "user_id, save_item_id, save_type, created_at",
    ),
}

Rows = dict[tuple[int, str], list[str]]
"""What each table said at the end of each block, every row as text."""


SORTED = "(SELECT coalesce(array_agg(told::text ORDER BY told::text), '{}') FROM (<query>) AS told)"
KEEP = """
    INSERT INTO public.written_down VALUES (NEW.block_number, '<table>', <rows>)
    ON CONFLICT (block, told) DO UPDATE SET rows = excluded.rows;
"""
WRITE_DOWN = """
    CREATE TABLE public.written_down (block integer, told text, rows text[], PRIMARY KEY (block, told));
    CREATE FUNCTION public.write_down() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
    BEGIN
        <kept>
        RETURN NULL;
    END $$;
    CREATE TRIGGER write_down AFTER INSERT OR UPDATE ON backbeat.cursor
        FOR EACH ROW EXECUTE FUNCTION public.write_down()
"""
AS_OF = """
    SELECT <columns> FROM backbeat.<versions>
    WHERE since_block <= block AND (until_block IS NULL OR until_block > block)
"""
AT_EACH = "SELECT block, <rows> FROM generate_series(1, %s) AS block"


def _filled(template: str, **texts: str) -> str:
    for name, text in texts.items():
        template = template.replace(f"<{name}>", text)
    return template


def _sorted(query: str) -> str:
    return _filled(SORTED, query=query)


async def write_down(connection: AsyncConnection[Any]) -> None:
    """Have every move of the cursor write down what the tables say."""
    kept = "".join(_filled(KEEP, table=table, rows=_sorted(told.base)) for table, told in TOLD.items())
    await connection.execute(_filled(WRITE_DOWN, kept=kept).encode())


async def written_down(connection: AsyncConnection[Any]) -> Rows:
    """Return what was written down."""
    found = await connection.execute("SELECT block, told, rows FROM public.written_down")
    return {(block, told): rows for block, told, rows in await found.fetchall()}


async def as_of(connection: AsyncConnection[Any], blocks: int) -> Rows:
    """Return what histories say of every block up to one."""
    found: Rows = {}
    for table, told in TOLD.items():
        query = _filled(AS_OF, columns=told.columns, versions=told.versions)
        statement = _filled(AT_EACH, rows=_sorted(query)).encode()
        for block, rows in await (await connection.execute(statement, [blocks])).fetchall():
            found[block, table] = rows
    return found


async def kept(connection: AsyncConnection[Any]) -> dict[str, list[str]]:
    """Return every row of every history, as text."""
    found = {}
    for table in TOLD:
        statement = SQL("SELECT past::text FROM backbeat.{} AS past ORDER BY 1").format(Identifier(f"past_{table}"))
        found[table] = [row for (row,) in await (await connection.execute(statement)).fetchall()]
    return found
