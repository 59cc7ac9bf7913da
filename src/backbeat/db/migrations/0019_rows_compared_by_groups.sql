-- Standing and completion are told by groups, not by a join: a plan is kept from its first call, which as a rule wrote a few
-- rows, and of 5,000 a join then compares each with each.

CREATE OR REPLACE FUNCTION backbeat.note_standing() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT DISTINCT blocknumber, user_id
        FROM new_rows
        WHERE is_current AND (is_verified OR is_deactivated) AND blocknumber IS NOT NULL
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT max(blocknumber) FILTER (WHERE surplus > 0), user_id
        FROM (
            SELECT user_id, is_current, is_verified, is_deactivated, max(blocknumber) AS blocknumber, sum(side) AS surplus
            FROM (
                SELECT user_id, is_current, is_verified, is_deactivated, blocknumber, 1 AS side FROM new_rows
                UNION ALL
                SELECT user_id, is_current, is_verified, is_deactivated, NULL, -1 FROM old_rows
            ) AS either
            GROUP BY user_id, is_current, is_verified, is_deactivated
        ) AS standing
        GROUP BY user_id
        HAVING bool_or(is_current) AND max(blocknumber) FILTER (WHERE surplus > 0) IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION backbeat.complete_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    completed user_challenges[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        FOR completed IN
            SELECT array_agg(row)
            FROM (
                SELECT fresh AS row, (dense_rank() OVER (ORDER BY fresh.user_id) - 1) / 1000 AS part
                FROM new_rows AS fresh
                WHERE fresh.is_complete
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
                        SELECT ROW(fresh.*)::user_challenges AS one FROM new_rows AS fresh WHERE fresh.is_complete
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
