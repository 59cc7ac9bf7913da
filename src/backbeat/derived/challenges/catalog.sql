SELECT
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'id', id,
                'amount', backbeat.audio(amount),
                'step_count', step_count,
                'starting_block', starting_block
            )
            ORDER BY id
        ),
        '[]'
    ) AS rewards
FROM challenges
WHERE id = ANY (%(ids)s::text []) AND active
