DELETE FROM backbeat.acts AS act
USING (
    SELECT blocknumber, place, ordinal
    FROM backbeat.acts
    ORDER BY blocknumber, place, ordinal
    LIMIT %(expired_max)s::bigint
) AS oldest
WHERE act.blocknumber = oldest.blocknumber AND act.place = oldest.place AND act.ordinal = oldest.ordinal
    AND (oldest.blocknumber, oldest.place, oldest.ordinal) <= (
        SELECT newest.blocknumber, newest.place, newest.ordinal
        FROM backbeat.acts AS newest
        ORDER BY newest.blocknumber DESC, newest.place DESC, newest.ordinal DESC
        LIMIT 1 OFFSET %(rows_max)s::bigint
    )
