-- Counts followers and followed users.
CREATE OR REPLACE FUNCTION backbeat.count_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changes backbeat.engagement[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        changes := ARRAY(
            SELECT (follower_user_id, followee_user_id, false, (is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM new_rows
        );
    END IF;
    IF TG_OP <> 'INSERT' THEN
        changes := changes || ARRAY(
            SELECT (follower_user_id, followee_user_id, false, -(is_current AND NOT is_delete)::integer)
                ::backbeat.engagement
            FROM old_rows
        );
    END IF;

    INSERT INTO aggregate_user AS kept (user_id, following_count, follower_count)
    SELECT user_id, following, followers
    FROM (
        SELECT side.user_id, sum(side.following) AS following, sum(side.followers) AS followers
        FROM unnest(changes) AS change
        CROSS JOIN LATERAL (
            VALUES (change.user_id, change.weight, 0), (change.item_id, 0, change.weight)
        ) AS side (user_id, following, followers)
        GROUP BY side.user_id
    ) AS delta
    WHERE following <> 0 OR followers <> 0
        OR (SELECT existing.user_id FROM aggregate_user AS existing WHERE existing.user_id = delta.user_id) IS NULL
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE
    SET following_count = coalesce(kept.following_count, 0) + excluded.following_count,
        follower_count = coalesce(kept.follower_count, 0) + excluded.follower_count;
    RETURN NULL;
END $$;

-- Transition tables ask for one trigger per event. INSERT ... ON CONFLICT DO UPDATE sets off both, each with its own rows.
CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON follows
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_follows();

CREATE OR REPLACE TRIGGER count_updated AFTER UPDATE ON follows
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_follows();

CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON follows
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_follows();
