-- What was told is at or below the position, and not vacuumed yet.
SELECT act.blocknumber::bigint
FROM backbeat.acts AS act
WHERE act.blocknumber > {after}
ORDER BY act.blocknumber DESC
LIMIT 1
