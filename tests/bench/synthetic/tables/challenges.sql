-- The made-up chain is short, so everything that can be earned is on from its first block. The tables are filled without
-- triggers, which would note that; the network's own schema keeps no versions of challenges.
DO $$
BEGIN
    UPDATE challenges SET active = true, starting_block = 0 WHERE id NOT IN ('o', 'dvl');
    IF to_regclass('backbeat.past_challenges') IS NOT NULL THEN
        UPDATE backbeat.past_challenges AS past
        SET active = true, starting_block = 0
        FROM challenges AS now
        WHERE now.id = past.challenge_id AND now.active AND now.starting_block = 0;
    END IF;
END
$$
