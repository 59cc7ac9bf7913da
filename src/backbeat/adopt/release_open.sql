-- The adoption that stands; no row: none does.
SELECT chain_id, height FROM backbeat.adoptions WHERE released_at IS NULL
