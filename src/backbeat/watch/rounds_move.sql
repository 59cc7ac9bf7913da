-- A way through a subject moves on: behind a key, or to its end, where the next round begins
INSERT INTO backbeat.watch_rounds AS kept (subject, way, after_key, rounds, rows, problem, passed_over, ended_at)
VALUES (
    %(subject)s::text, %(way)s::text, %(after)s::text [], %(ended)s::boolean::integer, %(rows)s::bigint,
    %(problem)s::text, %(passed_over)s::bigint, CASE WHEN %(ended)s::boolean THEN %(now)s::timestamptz END
)
ON CONFLICT (subject, way) DO UPDATE
SET after_key = excluded.after_key,
    rounds = kept.rounds + excluded.rounds,
    rows = kept.rows + excluded.rows,
    problem = CASE
        -- this way has no rounds: what it left out, the others come to
        WHEN excluded.problem <> '' OR kept.after_key IS NULL OR kept.way = 'blocks' THEN excluded.problem ELSE kept.problem
    END,
    passed_over = CASE WHEN kept.after_key IS NULL THEN 0 ELSE kept.passed_over END + excluded.passed_over,
    ended_at = coalesce(excluded.ended_at, kept.ended_at)
