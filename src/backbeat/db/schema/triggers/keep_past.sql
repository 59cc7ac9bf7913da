-- What other writers than the block loop supersede; the loop hands over its own (index/histories.py). A row that is stamped with
-- a later block changes with that. Every other edit holds for what comes behind the cursor, so that what held as of a block
-- stays what it was. The arguments are which rows count, and the key of those.
CREATE OR REPLACE FUNCTION backbeat.keep_past() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next_block CONSTANT integer := coalesce((SELECT at.block_number + 1 FROM backbeat.cursor AS at), 0);
    keys CONSTANT text[] := TG_ARGV[1:];
    versions json;
    shortened bigint;
    rows_of CONSTANT text := format('SELECT ROW(r.*)::public.%I AS told FROM %%I AS r WHERE %s', TG_TABLE_NAME, TG_ARGV[0]);
    of_key CONSTANT text := (
        SELECT string_agg(format('kept.%1$I = fresh.%1$I', name), ' AND ') FROM unnest(keys) AS name
    );
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('DELETE FROM backbeat.%I', 'past_' || TG_TABLE_NAME);
        UPDATE backbeat.histories AS kept SET from_block = next_block WHERE kept.table_name = TG_TABLE_NAME;
    ELSIF TG_OP = 'INSERT' THEN
        -- a row that comes back, or stands for an older one, as indexers write it that keep those
        EXECUTE format(
            $sql$
                UPDATE backbeat.%I AS kept
                SET until_block = coalesce(fresh.blocknumber, 0)
                FROM new_rows AS fresh
                WHERE %s AND %s AND (kept.until_block > coalesce(fresh.blocknumber, 0)) IS NOT FALSE
            $sql$,
            'past_' || TG_TABLE_NAME, of_key, TG_ARGV[0]
        );
        GET DIAGNOSTICS shortened = ROW_COUNT;
        IF shortened > 0 THEN
            EXECUTE format(
                'DELETE FROM backbeat.%I AS kept USING new_rows AS fresh WHERE %s AND kept.since_block >= kept.until_block',
                'past_' || TG_TABLE_NAME, of_key
            );
        END IF;
    ELSE
        EXECUTE format(
            $sql$
                WITH compared AS (
                    SELECT
                        was.told AS was,
                        fresh.told AS fresh,
                        was_version,
                        coalesce((was.told).blocknumber, 0) AS since_block,
                        coalesce((fresh.told).blocknumber > coalesce((was.told).blocknumber, -1), false) AS is_stamped,
                        (was_version).since_block IS NOT NULL AS did_stand,
                        (fresh_version).since_block IS NOT NULL AS does_stand,
                        was_version IS NOT DISTINCT FROM fresh_version AS is_same
                    FROM (%2$s) AS was
                    FULL JOIN (%3$s) AS fresh ON %4$s
                    CROSS JOIN LATERAL (
                        SELECT
                            backbeat.%1$I(was.told, 0, NULL) AS was_version,
                            backbeat.%1$I(fresh.told, 0, NULL) AS fresh_version
                    ) AS either
                ),
                superseded AS (
                    SELECT
                        backbeat.%1$I(
                            was,
                            since_block,
                            CASE WHEN is_same THEN NULL WHEN is_stamped THEN (fresh).blocknumber ELSE $1 END
                        ) AS version
                    FROM compared
                    WHERE did_stand AND (is_stamped OR NOT is_same)
                    UNION ALL
                    SELECT backbeat.%1$I(fresh, $1, NULL)
                    FROM compared
                    WHERE does_stand AND NOT is_same AND NOT is_stamped AND $1 > coalesce((fresh).blocknumber, 0)
                )
                SELECT json_agg(version) FROM superseded
            $sql$,
            'version_of_' || TG_TABLE_NAME,
            format(rows_of, 'old_rows'),
            CASE WHEN TG_OP = 'UPDATE' THEN format(rows_of, 'new_rows') ELSE format(rows_of, 'old_rows') || ' AND false' END,
            (SELECT string_agg(format('(fresh.told).%1$I = (was.told).%1$I', name), ' AND ') FROM unnest(keys) AS name)
        ) INTO versions USING next_block;
        IF versions IS NOT NULL THEN
            PERFORM backbeat.keep_versions(TG_TABLE_NAME, keys, versions);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON users
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON users
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON tracks
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'track_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON tracks
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'track_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON tracks
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'track_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON tracks
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'track_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON playlists
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'playlist_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON playlists
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'playlist_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON playlists
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'playlist_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON playlists
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'playlist_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'comment_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON comments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'comment_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON comments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'comment_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON comments
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'comment_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON events
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'event_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON events
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'event_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON events
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'event_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON events
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('true', 'event_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON follows
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'follower_user_id', 'followee_user_id');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON follows
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'follower_user_id', 'followee_user_id');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON follows
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'follower_user_id', 'followee_user_id');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON follows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'follower_user_id', 'followee_user_id');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON reposts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'repost_item_id', 'repost_type');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON reposts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'repost_item_id', 'repost_type');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON reposts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'repost_item_id', 'repost_type');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON reposts
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'repost_item_id', 'repost_type');

CREATE OR REPLACE TRIGGER keep_past_i AFTER INSERT ON saves
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'save_item_id', 'save_type');

CREATE OR REPLACE TRIGGER keep_past_u AFTER UPDATE ON saves
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'save_item_id', 'save_type');

CREATE OR REPLACE TRIGGER keep_past_d AFTER DELETE ON saves
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'save_item_id', 'save_type');

CREATE OR REPLACE TRIGGER keep_past_t AFTER TRUNCATE ON saves
    FOR EACH STATEMENT WHEN (coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on')
    EXECUTE FUNCTION backbeat.keep_past('is_current', 'user_id', 'save_item_id', 'save_type');
