WITH followed AS (
    DELETE FROM backbeat.chains
), beside AS (
    DELETE FROM backbeat.beside
)
DELETE FROM backbeat.cursor
