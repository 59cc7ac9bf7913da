-- The made-up chain is short, so everything that can be earned is on from its first block. Tables are filled without
-- triggers; here they are on, since rewards are judged by what the trigger keeps of their rows.
DO $$
BEGIN
    SET LOCAL session_replication_role = origin;
    UPDATE challenges SET active = true, starting_block = 0 WHERE id NOT IN ('o', 'dvl');
END
$$
