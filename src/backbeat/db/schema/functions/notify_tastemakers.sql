-- Tells users of the track that they found before it trended, as it was in the block that completed the reward. Of a row that
-- another program wrote, whose block may be any, it is told what is so now.
CREATE OR REPLACE FUNCTION backbeat.notify_tastemakers(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        'tastemaker',
        format('tastemaker_user_id:%s:tastemaker_item_id:%s', c.user_id, track.track_id),
        track.track_id::text,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object(
            'tastemaker_item_id', track.track_id,
            'tastemaker_item_type', 'track',
            'tastemaker_item_owner_id', coalesce(
                (SELECT was.owner_id FROM backbeat.track_as_of(track.track_id, c.completed_blocknumber) AS was),
                track.owner_id
            ),
            'action', coalesce(
                (
                    SELECT min(done.kind)
                    FROM (
                        SELECT 'repost' AS kind, r.since_block, r.until_block
                        FROM backbeat.repost_versions AS r
                        WHERE
                            r.user_id = c.user_id AND r.repost_item_id = track.track_id AND r.repost_type = 'track'
                        UNION ALL
                        SELECT 'save', s.since_block, s.until_block
                        FROM backbeat.save_versions AS s
                        WHERE s.user_id = c.user_id AND s.save_item_id = track.track_id AND s.save_type = 'track'
                    ) AS done
                    WHERE
                        done.since_block <= c.completed_blocknumber
                        AND (done.until_block IS NULL OR done.until_block > c.completed_blocknumber)
                ),
                CASE
                    WHEN EXISTS (
                        SELECT FROM reposts AS r
                        WHERE
                            r.user_id = c.user_id AND r.repost_item_id = track.track_id AND r.repost_type = 'track'
                            AND r.is_current AND NOT r.is_delete
                    ) THEN 'repost'
                    ELSE 'save'
                END
            ),
            'tastemaker_user_id', c.user_id
        )
    FROM unnest(completed) AS c
    JOIN tracks AS track ON track.track_id = backbeat.from_hex(split_part(c.specifier, ':', 3)) AND track.is_current
    WHERE c.challenge_id = 't'
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
