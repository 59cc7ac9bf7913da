-- Counts an owner's playlists and albums, and makes the row of counts that a new playlist has.
CREATE OR REPLACE FUNCTION backbeat.count_playlists() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changes backbeat.release[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (playlist_owner_id, is_album, (counts AND NOT is_private)::integer, counts::integer)
                ::backbeat.release
            FROM new_rows CROSS JOIN LATERAL (SELECT is_current AND NOT is_delete AS counts) AS playlist
        );
        -- What was saved, reposted or shared before the playlist was known counts from the start, so the order in which
        -- one transaction fills the tables does not matter.
        INSERT INTO aggregate_playlist AS kept (playlist_id, is_album, repost_count, save_count, share_count)
        SELECT
            fresh.playlist_id,
            fresh.is_album,
            coalesce(existing.repost_count, (
                SELECT count(*) FROM reposts
                WHERE repost_item_id = fresh.playlist_id AND repost_type <> 'track' AND is_current AND NOT is_delete
            )),
            coalesce(existing.save_count, (
                SELECT count(*) FROM saves
                WHERE save_item_id = fresh.playlist_id AND save_type <> 'track' AND is_current AND NOT is_delete
            )),
            coalesce(existing.share_count, (
                SELECT count(*) FROM shares WHERE share_item_id = fresh.playlist_id AND share_type <> 'track'
            ))
        FROM (
            SELECT DISTINCT ON (playlist_id) playlist_id, is_album, is_current
            FROM new_rows
            ORDER BY playlist_id, is_current DESC
        ) AS fresh
        LEFT JOIN aggregate_playlist AS existing ON existing.playlist_id = fresh.playlist_id
        WHERE existing.playlist_id IS NULL OR (fresh.is_current AND existing.is_album IS DISTINCT FROM fresh.is_album)
        ORDER BY fresh.playlist_id
        ON CONFLICT (playlist_id) DO UPDATE SET is_album = excluded.is_album;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (playlist_owner_id, is_album, -(counts AND NOT is_private)::integer, -counts::integer)
                ::backbeat.release
            FROM old_rows CROSS JOIN LATERAL (SELECT is_current AND NOT is_delete AS counts) AS playlist
        );
    END IF;

    INSERT INTO aggregate_user AS kept (
        user_id, playlist_count, album_count, total_playlist_count, total_album_count
    )
    SELECT owner_id, playlists, albums, all_playlists, all_albums
    FROM (
        SELECT
            owner_id,
            coalesce(sum(listed) FILTER (WHERE NOT is_album), 0) AS playlists,
            coalesce(sum(listed) FILTER (WHERE is_album), 0) AS albums,
            coalesce(sum(total) FILTER (WHERE NOT is_album), 0) AS all_playlists,
            coalesce(sum(total) FILTER (WHERE is_album), 0) AS all_albums
        FROM unnest(changes)
        GROUP BY owner_id
    ) AS delta
    WHERE (playlists, albums, all_playlists, all_albums) <> (0, 0, 0, 0)
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.owner_id) IS NULL
    ORDER BY owner_id
    ON CONFLICT (user_id) DO UPDATE
    SET playlist_count = coalesce(kept.playlist_count, 0) + excluded.playlist_count,
        album_count = coalesce(kept.album_count, 0) + excluded.album_count,
        total_playlist_count = coalesce(kept.total_playlist_count, 0) + excluded.total_playlist_count,
        total_album_count = coalesce(kept.total_album_count, 0) + excluded.total_album_count;
    RETURN NULL;
END $$;

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON playlists
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_playlists();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON playlists
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_playlists();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON playlists
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_playlists();
