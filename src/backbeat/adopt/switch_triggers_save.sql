INSERT INTO backbeat.adopted_triggers (table_name, name, routine, digest, enabled)
VALUES (%(table_name)s, %(name)s, %(function)s, %(digest)s, %(enabled)s)
ON CONFLICT (table_name, name) DO UPDATE
SET
    routine = excluded.routine,
    digest = excluded.digest,
    enabled = excluded.enabled,
    disabled_at = excluded.disabled_at
