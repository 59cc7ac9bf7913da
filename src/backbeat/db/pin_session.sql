-- Answers whether the session's first packet arrived. If not, the session is a pooler's, and is left as it is.
WITH session AS (
    SELECT coalesce(current_setting('backbeat.session', true), '') = 'own' AS is_own
)
SELECT
    session.is_own,
    (
        SELECT count(set_config(pinned.name, pinned.value, false))
        FROM unnest(%(names)s::text [], %(values)s::text []) AS pinned (name, value)
        WHERE session.is_own AND current_setting(pinned.name, true) IS DISTINCT FROM pinned.value
    ) AS pinned_count
FROM session
