-- An entry as it is stored: six digits of a second's fraction or none; a timestamp that nobody can read stays as it was.
CREATE OR REPLACE FUNCTION backbeat.listening_entry(track_id bigint, played_at timestamp, play_count bigint, written text)
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
