-- Bounds that were narrower than what they hold.

-- A number of ten digits may fit, and one with leading zeros does.
CREATE OR REPLACE FUNCTION backbeat.audio(amount text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount ~ '^[+-]?0*\d{1,10}$' AND amount::bigint BETWEEN -2147483648 AND 2147483647 THEN amount::integer
        ELSE 0
    END
$$;

COMMENT ON FUNCTION backbeat.audio (text) IS
'A catalogue amount in whole AUDIO; what is no integer counts as 0, as does one that no row can hold.';

CREATE FUNCTION backbeat.id_of(digits text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE WHEN digits ~ '^(0|[1-9]\d{0,9})$' AND digits::bigint <= 2147483647 THEN digits::integer END
$$;

COMMENT ON FUNCTION backbeat.id_of (text) IS
'The id that decimal digits spell, as JSON and text write numbers: no sign, no leading zero. NULL if it is none.';

-- The ISO week of a specifier as its Monday. Years of more than four digits are years too.
CREATE FUNCTION backbeat.monday_of(week text) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN week ~ '^\d{6,8}$'
            THEN date_trunc('week', make_date(left(week, -2)::integer, 1, 4))
                + (right(week, 2)::integer - 1) * interval '7 days'
    END::timestamp
$$;

COMMENT ON FUNCTION backbeat.monday_of (text) IS 'The Monday of a week as to_char writes it with IYYYIW.';

CREATE OR REPLACE FUNCTION backbeat.timestamp_or_null(value text) RETURNS timestamp
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value !~ '^\d{4,6}-' THEN
        RETURN NULL; -- not "now", not "infinity"
    END IF;
    RETURN value::timestamptz AT TIME ZONE 'UTC';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

-- As in 0007, but a count of ten digits and more is a count.
CREATE OR REPLACE FUNCTION backbeat.listening_entries(history jsonb)
RETURNS TABLE (track_id bigint, played_at timestamp, play_count bigint, written text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        (entry ->> 'track_id')::bigint,
        max(
            CASE
                WHEN
                    entry ->> 'timestamp' ~ ('^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])'
                        ' ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$')
                    THEN (entry ->> 'timestamp')::timestamp
                ELSE backbeat.timestamp_or_null(entry ->> 'timestamp')
            END
        ),
        sum(
            CASE
                WHEN entry ->> 'play_count' ~ '^\d{1,18}$' THEN (entry ->> 'play_count')::bigint
                ELSE 1
            END
        )::bigint,
        max(entry ->> 'timestamp')
    FROM jsonb_array_elements(
        CASE WHEN jsonb_typeof(history) = 'array' THEN history ELSE '[]' END
    ) AS entry
    WHERE jsonb_typeof(entry) = 'object' AND entry ->> 'track_id' ~ '^\d{1,18}$'
    GROUP BY 1
$$;

-- A week is spelt alike in every session, and an item that is no number is told of all the same.
CREATE OR REPLACE FUNCTION backbeat.notify_trending(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
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
