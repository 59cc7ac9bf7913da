SELECT chain_id, first_height
FROM backbeat.chains
ORDER BY position
