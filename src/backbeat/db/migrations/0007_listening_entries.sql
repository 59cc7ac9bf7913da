-- Reading the listening histories of an adopted database, whatever their JSON holds (domain: derived state, 4.3).

CREATE FUNCTION backbeat.timestamp_or_null(value text) RETURNS timestamp
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value !~ '^\d{4}-' THEN
        RETURN NULL; -- not "now", not "infinity"
    END IF;
    RETURN value::timestamptz AT TIME ZONE 'UTC';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION backbeat.timestamp_or_null (text) IS
'UTC of a timestamp with or without zone (the session is in UTC), NULL if it is none. Catching the error costs a
subtransaction, so callers try the usual form first.';

-- One row per track. Entries that are no objects with a whole track id do not exist; no play_count counts as one play.
CREATE FUNCTION backbeat.listening_entries(history jsonb)
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
                WHEN entry ->> 'play_count' ~ '^\d{1,9}$' THEN (entry ->> 'play_count')::bigint
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

-- An entry as it is stored: six digits of a second's fraction or none; a timestamp that nobody can read stays as it was.
CREATE FUNCTION backbeat.listening_entry(track_id bigint, played_at timestamp, play_count bigint, written text)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object(
        'track_id', track_id,
        'timestamp', coalesce(
            to_char(
                played_at,
                CASE
                    WHEN played_at = date_trunc('second', played_at) THEN 'YYYY-MM-DD HH24:MI:SS'
                    ELSE 'YYYY-MM-DD HH24:MI:SS.US'
                END
            ),
            written
        ),
        'play_count', play_count
    )
$$;
