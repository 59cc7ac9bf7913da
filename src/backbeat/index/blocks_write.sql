-- A block that another program noted in the bookkeeping stays as it is: moving the cursor finds it, and nothing is committed.
WITH block AS MATERIALIZED (
    SELECT hash, parent, em_parent, height, has_plays, number
    FROM json_to_recordset(%(blocks)s) AS block (
        hash text, parent text, em_parent text, height integer, has_plays boolean, number integer
    )
), numbered AS (
    INSERT INTO blocks (blockhash, parenthash, number)
    SELECT hash, em_parent, number FROM block WHERE number IS NOT NULL
    ON CONFLICT (blockhash) DO NOTHING
)
INSERT INTO core_indexed_blocks (blockhash, parenthash, chain_id, height, plays_slot, em_block)
SELECT hash, parent, %(chain_id)s, height, CASE WHEN has_plays THEN height ELSE 0 END, number
FROM block
ON CONFLICT (chain_id, height) DO NOTHING
