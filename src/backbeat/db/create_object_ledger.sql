CREATE TABLE IF NOT EXISTS backbeat.objects (
    kind text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, name)
)
