-- The blocks of all rows that decide whom a contest concerns. Each table has an index on them, in whose order the rows of
-- all five are read, so one look is enough.
CREATE OR REPLACE VIEW backbeat.contest_changes AS
SELECT blocknumber FROM events
UNION ALL
SELECT blocknumber FROM tracks
UNION ALL
SELECT blocknumber FROM follows
UNION ALL
SELECT blocknumber FROM saves
UNION ALL
SELECT blocknumber FROM subscriptions;
