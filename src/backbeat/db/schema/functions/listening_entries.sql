-- One row per track. Entries that are no objects with a whole track id do not exist; no play_count counts as one play.
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
