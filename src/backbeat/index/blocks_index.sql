INSERT INTO core_indexed_blocks (blockhash, parenthash, chain_id, height, plays_slot, em_block)
SELECT blockhash, parenthash, %(chain_id)s, height, CASE WHEN has_plays THEN height ELSE 0 END, number
FROM unnest(
    %(hashes)b::text[], %(parents)b::text[], %(heights)b::int[], %(have_plays)b::bool[], %(numbers)b::int[]
) AS block (blockhash, parenthash, height, has_plays, number)
ON CONFLICT (chain_id, height) DO UPDATE
SET blockhash = excluded.blockhash, em_block = excluded.em_block
