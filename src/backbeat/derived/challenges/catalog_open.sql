-- Only before the first block: an operator's edits are never undone.
UPDATE challenges
SET starting_block = 0, active = active OR id = ANY (%(switched_on)s::text [])
WHERE
    NOT EXISTS (SELECT FROM backbeat.cursor)
    AND NOT EXISTS (SELECT FROM core_indexed_blocks)
    AND (starting_block <> 0 OR (NOT active AND id = ANY (%(switched_on)s::text [])))
