INSERT INTO backbeat.chains (chain_id, position, first_height, block_number)
SELECT %(chain_id)s, coalesce(max(position), 0) + 1, %(first_height)s, %(block_number)s
FROM backbeat.chains
ON CONFLICT (chain_id) DO NOTHING
