CREATE TABLE IF NOT EXISTS backbeat.migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_seconds double precision NOT NULL
)
