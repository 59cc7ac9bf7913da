INSERT INTO backbeat.adopted_triggers (table_name, name, function, digest, enabled)
VALUES (%(table_name)s, %(name)s, %(function)s, %(digest)s, %(enabled)s)
ON CONFLICT (table_name, name) DO UPDATE
SET
    function = excluded.function,
    digest = excluded.digest,
    enabled = excluded.enabled,
    disabled_at = excluded.disabled_at
