-- Playlists and albums as they were: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.playlist_versions AS
SELECT
    told.playlist_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.playlist_owner_id AS owner_id,
    told.is_delete,
    told.is_private,
    told.is_album,
    backbeat.has_entries(told.playlist_contents, 1) AS has_entries,
    coalesce(
        (
            SELECT reached.block_time
            FROM backbeat.past_frontiers AS reached
            WHERE reached.block_number = told.blocknumber
            ORDER BY reached.play_id
            LIMIT 1
        ),
        told.updated_at
    ) AS since_time
FROM playlists AS told
WHERE
    told.is_current
    AND NOT EXISTS (
        SELECT FROM backbeat.past_playlists AS kept
        WHERE
            kept.playlist_id = told.playlist_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.playlist_id,
    kept.since_block,
    kept.until_block,
    kept.owner_id,
    kept.is_delete,
    kept.is_private,
    kept.is_album,
    kept.has_entries,
    (
        SELECT reached.block_time
        FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = kept.since_block
        ORDER BY reached.play_id
        LIMIT 1
    ) AS since_time
FROM backbeat.past_playlists AS kept;
