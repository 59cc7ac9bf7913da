INSERT INTO blocks (blockhash, parenthash, number)
SELECT blockhash, parenthash, number
FROM unnest(%(hashes)b::text[], %(parents)b::text[], %(numbers)b::int[]) AS block (blockhash, parenthash, number)
ON CONFLICT (blockhash) DO NOTHING
