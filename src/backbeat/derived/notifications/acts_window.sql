-- The first acts in the order of the chain, and the last of them. The position goes to the last block of which nothing is
-- left: an act with a negative place stands in front of its block, one behind the window holds its own block back. None is at
-- or below the position: so a look need not pass what was removed there and is not vacuumed yet.
SELECT edge.*, edge.upto AS last, edge.upto AS frontier
FROM (
    SELECT
        asked.checkpoint,
        kept.tablename IS NOT NULL AS known,
        kept.signature,
        coalesce(kept.last_checkpoint, 0)::bigint AS after,
        greatest(
            kept.last_checkpoint, 0, coalesce(beyond.blocknumber - 1, final.blocknumber - (final.place < 0)::integer)
        )::bigint AS upto,
        coalesce(final.acts, 0) AS acts,
        coalesce(final.blocknumber, 0) AS number,
        coalesce(final.place, 0) AS place,
        coalesce(final.ordinal, 0) AS ordinal,
        beyond.blocknumber IS NOT NULL AS leaves_some
    FROM (VALUES (%(checkpoint)s::text)) AS asked (checkpoint)
    LEFT JOIN indexing_checkpoints AS kept ON kept.tablename = asked.checkpoint
    LEFT JOIN LATERAL (
        SELECT taken.blocknumber, taken.place, taken.ordinal, count(*) OVER ()::integer AS acts
        FROM (
            SELECT act.blocknumber, act.place, act.ordinal
            FROM backbeat.acts AS act
            WHERE act.blocknumber > coalesce(kept.last_checkpoint, 0)
            ORDER BY act.blocknumber, act.place, act.ordinal
            LIMIT %(acts_max)s
        ) AS taken
        ORDER BY taken.blocknumber DESC, taken.place DESC, taken.ordinal DESC
        LIMIT 1
    ) AS final ON true
    LEFT JOIN LATERAL (
        SELECT act.blocknumber
        FROM backbeat.acts AS act
        WHERE (act.blocknumber, act.place, act.ordinal) > (final.blocknumber, final.place, final.ordinal)
        ORDER BY act.blocknumber, act.place, act.ordinal
        LIMIT 1
    ) AS beyond ON true
) AS edge
