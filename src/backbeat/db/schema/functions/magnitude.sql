-- Fine where lists are read, coarse below, and coarsest where age has taken nearly everything: there a single play is most of
-- a score.
CREATE OR REPLACE FUNCTION backbeat.magnitude(score double precision) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN score >= 1 THEN 20 + floor((ln(1 + score) / ln(2::double precision)) ^ 2 / 16)
        WHEN score > 0 THEN greatest(20 + floor(ln(score) / ln(1024::double precision)), 1)
        ELSE 0
    END::smallint
$$;

COMMENT ON FUNCTION backbeat.magnitude (double precision) IS
'From a score of 1 on a sixteenth of the square of its binary logarithm, counted from 20; one step for each
1024th part below; 0 for a score of 0. Never falls as scores rise.';
