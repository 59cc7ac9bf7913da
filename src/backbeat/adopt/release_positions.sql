-- Positions of challenges, which begin again with the next adoption; those that the network has under the same name stay.
WITH stamps AS (
    DELETE FROM indexing_checkpoints
    WHERE tablename = ANY (%(names)s::text[])
), logs AS (
    DELETE FROM backbeat.consumers
    WHERE name = ANY (%(names)s::text[])
), instants AS (
    DELETE FROM backbeat.clocks
    WHERE name = ANY (%(names)s::text[])
)
DELETE FROM backbeat.challenge_starts
