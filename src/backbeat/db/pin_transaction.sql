-- One statement, which a pipeline can carry too.
SELECT count(set_config(pinned.name, pinned.value, true))
FROM unnest({names}::text [], {values}::text []) AS pinned (name, value)
