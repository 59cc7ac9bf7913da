-- Trending of tracks: docs/explanation/trending.md.

-- The formula's parts (domain: derived state, 2.2), one definition for every job that scores, in double precision.

CREATE FUNCTION backbeat.trending_age(release_date timestamp, created_at timestamp, now timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(
        extract(EPOCH FROM now - CASE WHEN release_date > now THEN created_at ELSE greatest(release_date, created_at) END)
        / 86400
    )::integer
$$;

COMMENT ON FUNCTION backbeat.trending_age (timestamp, timestamp, timestamp) IS
'Whole days since the later of release and upload, or since the upload while the release is ahead. All in UTC.';

-- From twice the period on it is one and the same number, so that old scores never change by rounding.
CREATE FUNCTION backbeat.trending_decay(age_days integer, period_days integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN age_days <= period_days THEN 1
        WHEN age_days >= 2 * period_days THEN 1e-5
        ELSE power(100000::double precision, (period_days - age_days)::double precision / period_days)
    END
$$;

COMMENT ON FUNCTION backbeat.trending_decay (integer, integer) IS
'What is left of a score at an age: all of it for one period, then falling to a hundred-thousandth at two.';

CREATE FUNCTION backbeat.trending_base(
    plays bigint, reposts bigint, saves bigint, all_reposts bigint, all_saves bigint
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT plays::double precision + 50 * reposts::double precision + saves::double precision
        + 0.25::double precision * all_reposts::double precision + 0.01::double precision * all_saves::double precision
$$;

COMMENT ON FUNCTION backbeat.trending_base (bigint, bigint, bigint, bigint, bigint) IS
'The weighted sum of what happened in a window, and of all reposts and saves ever.';

-- Coarse enough that a score seldom leaves its magnitude: then updates leave the indexes alone.
CREATE FUNCTION backbeat.magnitude(score double precision) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN score > 0 THEN greatest(floor(ln(score) / ln(2::double precision)) + 100, 1) ELSE 0 END::smallint
$$;

COMMENT ON FUNCTION backbeat.magnitude (double precision) IS
'The binary logarithm of a score, rounded down and counted from 100; 0 for a score of 0. Never falls as scores rise.';
