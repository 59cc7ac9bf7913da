-- What completing a challenge sets off, once a row: a row that is written again later sets nothing off. Nor does one that
-- another indexer wrote without the time at which it was completed: its statement must not fail for that. In parts of a
-- thousand users, so that an array of rows stays small. Rows are told apart by groups, not by a join: a plan is kept from
-- its first call, which as a rule wrote a few rows, and of 5,000 a join then compares each with each.
CREATE OR REPLACE FUNCTION backbeat.complete_challenges() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    completed user_challenges[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        FOR completed IN
            SELECT array_agg(row)
            FROM (
                SELECT fresh AS row, (dense_rank() OVER (ORDER BY fresh.user_id) - 1) / 1000 AS part
                FROM new_rows AS fresh
                WHERE fresh.is_complete AND fresh.completed_at IS NOT NULL
            ) AS numbered
            GROUP BY part
            ORDER BY part
        LOOP
            PERFORM backbeat.set_off(completed, true);
        END LOOP;
    ELSE
        FOR completed IN
            SELECT array_agg(row)
            FROM (
                SELECT row, (dense_rank() OVER (ORDER BY (row).user_id) - 1) / 1000 AS part
                FROM (
                    SELECT (array_agg(one) FILTER (WHERE (one).is_complete))[1] AS row
                    FROM (
                        SELECT ROW(fresh.*)::user_challenges AS one FROM new_rows AS fresh
                        WHERE fresh.is_complete AND fresh.completed_at IS NOT NULL
                        UNION ALL
                        SELECT ROW(before.*)::user_challenges FROM old_rows AS before WHERE NOT before.is_complete
                    ) AS either
                    GROUP BY (one).challenge_id, (one).specifier
                    HAVING count(*) = 2
                ) AS done
            ) AS numbered
            GROUP BY part
            ORDER BY part
        LOOP
            PERFORM backbeat.set_off(completed, false);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER complete_inserted AFTER INSERT ON user_challenges
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.complete_challenges();

CREATE OR REPLACE TRIGGER complete_updated AFTER UPDATE ON user_challenges
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.complete_challenges();
