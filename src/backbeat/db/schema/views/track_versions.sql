-- Tracks as they were: as of a block holds what has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.track_versions AS
SELECT
    told.track_id,
    told.blocknumber AS since_block,
    NULL::integer AS until_block,
    told.owner_id,
    told.is_delete,
    told.is_unlisted,
    told.is_available,
    told.stem_of IS NOT NULL AS is_stem,
    told.is_stream_gated IS TRUE AS is_stream_gated,
    CASE WHEN told.is_scheduled_release THEN told.release_date END AS releases_at,
    told.pinned_comment_id,
    backbeat.remix_parents(told.remix_of) AS parents,
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
FROM tracks AS told
WHERE
    told.is_current
    AND NOT EXISTS (
        SELECT FROM backbeat.past_tracks AS kept
        WHERE
            kept.track_id = told.track_id
            AND kept.until_block IS NULL
    )
UNION ALL
SELECT
    kept.track_id,
    kept.since_block,
    kept.until_block,
    kept.owner_id,
    kept.is_delete,
    kept.is_unlisted,
    kept.is_available,
    kept.is_stem,
    kept.is_stream_gated,
    kept.releases_at,
    kept.pinned_comment_id,
    kept.parents,
    (
        SELECT reached.block_time
        FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = kept.since_block
        ORDER BY reached.play_id
        LIMIT 1
    ) AS since_time
FROM backbeat.past_tracks AS kept;
