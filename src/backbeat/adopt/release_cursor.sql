WITH followed AS (
    DELETE FROM backbeat.chains
)
DELETE FROM backbeat.cursor
