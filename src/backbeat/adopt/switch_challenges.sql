-- No challenge judges or tells of what was before: that was the other indexer's to do.
INSERT INTO backbeat.challenge_starts (challenge_id, first_run, notifies, block_number, play_id, caught_up_at)
SELECT
    challenge.id,
    'from_now',
    false,
    cursor.block_number,
    cursor.play_id,
    clock_timestamp()
FROM challenges AS challenge
CROSS JOIN backbeat.cursor AS cursor
ON CONFLICT (challenge_id) DO NOTHING
