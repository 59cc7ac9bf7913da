-- A span ends with its block's last play. Plays behind the newest block that is known, as another program's, are a span of the
-- cursor's block.
CREATE OR REPLACE FUNCTION backbeat.play_spans(after bigint, upto bigint)
RETURNS TABLE (block_number integer, block_time timestamp, first_after bigint, last_play bigint)
LANGUAGE sql STABLE AS $$
    SELECT spanned.block_number, spanned.block_time, spanned.first_after, least(spanned.play_id, play_spans.upto)
    FROM (
        SELECT
            reached.block_number,
            reached.block_time,
            reached.play_id,
            lag(reached.play_id, 1, play_spans.after) OVER (ORDER BY reached.play_id, reached.block_number) AS first_after
        FROM backbeat.past_frontiers AS reached
        WHERE
            reached.play_id > play_spans.after
            AND reached.play_id <= (
                SELECT ending.play_id
                FROM (
                    (
                        SELECT later.play_id
                        FROM backbeat.past_frontiers AS later
                        WHERE later.play_id >= play_spans.upto
                        ORDER BY later.play_id
                        LIMIT 1
                    )
                    UNION ALL
                    (SELECT newest.play_id FROM backbeat.past_frontiers AS newest ORDER BY newest.play_id DESC LIMIT 1)
                ) AS ending
                ORDER BY (ending.play_id < play_spans.upto), ending.play_id
                LIMIT 1
            )
    ) AS spanned
    WHERE spanned.first_after < spanned.play_id
    UNION ALL
    SELECT frontier.block_number, frontier.block_time, greatest(play_spans.after, known.play_id), play_spans.upto
    FROM backbeat.frontier
    CROSS JOIN (SELECT coalesce(max(play_id), 0) AS play_id FROM backbeat.past_frontiers) AS known
    WHERE known.play_id < play_spans.upto
$$;

COMMENT ON FUNCTION backbeat.play_spans (bigint, bigint) IS
'The plays with ids in (after, upto] by block: those in (first_after, last_play] are of the block with that number, or of one
behind it that has none.';
