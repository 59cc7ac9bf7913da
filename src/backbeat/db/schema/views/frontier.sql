-- The block loop's cursor where a statement reads other tables beside it: of a view that ends after a row the planner knows
-- that there is one at most, also before anything was analysed. No row before the first block.
CREATE OR REPLACE VIEW backbeat.frontier AS
SELECT chain_id, height, block_hash, block_time, block_number, play_id
FROM backbeat.cursor
LIMIT 1;
