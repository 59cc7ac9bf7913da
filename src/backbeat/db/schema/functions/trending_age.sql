CREATE OR REPLACE FUNCTION backbeat.trending_age(release_date timestamp, created_at timestamp, now timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(
        extract(EPOCH FROM now - CASE WHEN release_date > now THEN created_at ELSE greatest(release_date, created_at) END)
        / 86400
    )::integer
$$;

COMMENT ON FUNCTION backbeat.trending_age (timestamp, timestamp, timestamp) IS
'Whole days since the later of release and upload, or since the upload while the release is ahead. All in UTC.';
