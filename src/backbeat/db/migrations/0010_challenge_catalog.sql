-- The challenge catalog of production: ids, amounts (whole AUDIO), caps and first blocks. Insert if absent, so that an
-- operator's edits and an adopted catalog stand. 2147483647 means no cap; pools are per week.
-- Inactive rows: e and cs as the network seeds them; ft (first tip) and o (granted by hand) exist only in the older
-- catalog and are here to be switched on.

INSERT INTO challenges (id, type, amount, step_count, weekly_pool, cooldown_days, starting_block, active)
VALUES
    ('p', 'numeric', '1', 7, 25000, 7, 0, true),
    ('u', 'numeric', '1', 3, 25000, 7, 25346436, true),
    ('fp', 'boolean', '2', NULL, 25000, 7, 28350000, true),
    ('v', 'boolean', '5', NULL, 25000, NULL, 0, true),
    ('e', 'aggregate', '1', 2147483647, 25000, NULL, 116023891, false),
    ('p1', 'numeric', '25', 250, 2147483647, 7, 0, true),
    ('p2', 'numeric', '100', 1000, 2147483647, 7, 0, true),
    ('p3', 'numeric', '1000', 10000, 2147483647, 7, 0, true),
    ('tt', 'trending', '1000', NULL, 100000, NULL, 25346436, true),
    ('tut', 'trending', '1000', NULL, 100000, NULL, 25346436, true),
    ('tp', 'trending', '100', NULL, 10000, NULL, 25346436, true),
    ('c', 'aggregate', '1', 2147483647, 2147483647, 7, 0, true),
    ('t', 'aggregate', '100', 2147483647, 2147483647, 7, 0, true),
    ('cp', 'aggregate', '10', 2147483647, 2147483647, 7, 1979515, true),
    ('cs', 'aggregate', '1000', 2147483647, 50000, 7, 95017582, false),
    ('w', 'aggregate', '1000', 2147483647, 50000, 7, 98950182, true),
    ('b', 'aggregate', '1', 2147483647, 25000, 7, 220157041, true),
    ('s', 'aggregate', '5', 2147483647, 25000, 7, 220157041, true),
    ('m', 'boolean', '1', NULL, 25000, 7, 25346436, true),
    ('r', 'aggregate', '1', 5, 25000, 7, 25346436, true),
    ('rv', 'aggregate', '1', 5000, 25000, 7, 25346436, true),
    ('rd', 'boolean', '1', NULL, 25000, 7, 25346436, true),
    ('dvl', 'aggregate', '1000', NULL, 2147483647, 0, 0, true),
    ('ft', 'boolean', '2', NULL, 25000, 7, 0, false),
    ('o', 'aggregate', '1', 2147483647, 2147483647, 0, 0, false)
ON CONFLICT (id) DO NOTHING;
