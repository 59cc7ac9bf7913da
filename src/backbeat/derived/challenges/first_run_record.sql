INSERT INTO backbeat.challenge_starts (challenge_id, first_run, notifies, block_number, play_id, caught_up_at)
SELECT
    fresh.id,
    %(first_run)s::text,
    %(notifies)s::boolean,
    coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0),
    coalesce((SELECT frontier.play_id FROM backbeat.frontier), 0),
    CASE WHEN %(caught_up)s::boolean THEN clock_timestamp() END
FROM unnest(%(ids)s::text []) AS fresh (id)
ORDER BY fresh.id
ON CONFLICT (challenge_id) DO NOTHING
