-- Tells artists of what trended. It is found in trending_results, so its row is written first. A week is spelt alike in every
-- session, and an item that is no number is told of all the same.
CREATE OR REPLACE FUNCTION backbeat.notify_trending(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        kind.type,
        format(
            '%s:time_range:week:genre:all:rank:%s:%s:%s:timestamp:%s',
            kind.type, result.rank, kind.item, result.id, extract(epoch FROM c.completed_at)::bigint
        ),
        result.id,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object('time_range', 'week', 'genre', 'all', 'rank', result.rank, kind.item, backbeat.id_of(result.id))
    FROM unnest(completed) AS c
    JOIN (
        VALUES
            ('tt', 'TRACKS', 'trending', 'track_id'),
            ('tut', 'UNDERGROUND_TRACKS', 'trending_underground', 'track_id'),
            ('tp', 'PLAYLISTS', 'trending_playlist', 'playlist_id')
    ) AS kind (challenge_id, result_type, type, item) ON kind.challenge_id = c.challenge_id
    JOIN trending_results AS result
        ON result.type = kind.result_type
        AND result.user_id = c.user_id
        AND c.specifier = to_char(result.week, 'YYYY-MM-DD:') || result.rank
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
