-- Sums up plays in the statement that deletes them, of any program: a rebuild and an audit count plays and sums together
-- (docs/decisions/0040-pruned-plays.md). Each statement of it groups and joins nothing, so a plan that was made for one play
-- serves fifty thousand.
CREATE OR REPLACE FUNCTION backbeat.keep_pruned_plays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_ours CONSTANT boolean := coalesce(current_setting('backbeat.prunes_plays', true), '') = 'on';
    gone record;
    behind text[];
    listeners_are_behind boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO backbeat.pruned_plays AS kept (truncated_at, last_id)
        VALUES (clock_timestamp(), (SELECT play_id FROM backbeat.cursor))
        ON CONFLICT (singleton) DO UPDATE
        SET truncated_at = excluded.truncated_at, last_id = greatest(kept.last_id, excluded.last_id);
        PERFORM backbeat.log_everything('trending_tracks');
        RETURN NULL;
    END IF;

    SELECT count(*) AS plays, max(created_at) AS until, max(id) AS last_id INTO gone FROM old_rows;
    IF gone.plays = 0 THEN
        RETURN NULL;
    END IF;

    INSERT INTO backbeat.pruned_hours AS kept (hour, plays)
    SELECT date_trunc('hour', created_at), count(*) FROM old_rows GROUP BY 1 ORDER BY 1
    ON CONFLICT (hour) DO UPDATE SET plays = kept.plays + excluded.plays;

    INSERT INTO backbeat.pruned_listens AS kept (user_id, track_id, plays, played_at)
    SELECT user_id, play_item_id, count(*), max(created_at)
    FROM old_rows
    WHERE user_id IS NOT NULL
    GROUP BY 1, 2
    ORDER BY 1, 2
    ON CONFLICT (user_id, track_id) DO UPDATE
    SET plays = kept.plays + excluded.plays, played_at = greatest(kept.played_at, excluded.played_at);

    SELECT
        array_agg(asked.checkpoint) FILTER (WHERE asked.checkpoint <> 'user_score_plays'),
        coalesce(bool_or(asked.checkpoint = 'user_score_plays'), false)
    INTO behind, listeners_are_behind
    FROM unnest(ARRAY['hourly_play_counts', 'user_listening_history', 'user_score_plays']) AS asked (checkpoint)
    WHERE NOT EXISTS (
        SELECT FROM public.indexing_checkpoints AS kept
        WHERE kept.tablename = asked.checkpoint AND kept.last_checkpoint >= gone.last_id
    );

    -- What nobody has put into the sets of listeners yet goes into them now: no sum tells of a user's hours.
    IF listeners_are_behind OR EXISTS (
        SELECT FROM backbeat.rounds WHERE name = 'scores:listeners:sweep' AND after_key < 2147483647
    ) THEN
        WITH fresh AS (
            INSERT INTO backbeat.listened_hours (user_id, hour)
            SELECT DISTINCT user_id, backbeat.hour_of(created_at) FROM old_rows WHERE user_id IS NOT NULL ORDER BY 1, 2
            ON CONFLICT (user_id, hour) DO NOTHING
            RETURNING user_id
        )
        INSERT INTO public.user_distinct_play_hours AS kept (user_id, hours_with_play, updated_at)
        SELECT user_id, count(*), timezone('UTC', gone.until) FROM fresh GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET hours_with_play = kept.hours_with_play + excluded.hours_with_play;

        WITH fresh AS (
            INSERT INTO backbeat.listened_tracks (user_id, track_id)
            SELECT DISTINCT user_id, play_item_id FROM old_rows WHERE user_id IS NOT NULL ORDER BY 1, 2
            ON CONFLICT (user_id, track_id) DO NOTHING
            RETURNING user_id
        )
        INSERT INTO public.user_distinct_play_tracks AS kept (user_id, track_count, updated_at)
        SELECT user_id, count(*), timezone('UTC', gone.until) FROM fresh GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET track_count = kept.track_count + excluded.track_count;
    END IF;

    -- Milestones hear of an artist by plays; where another program deletes some that were not read, by this. Months count them.
    IF NOT is_ours THEN
        PERFORM backbeat.log_keys('edits', ARRAY(
            SELECT 'plays:' || play_item_id
            FROM old_rows
            WHERE
                id > (
                    SELECT kept.last_checkpoint
                    FROM public.indexing_checkpoints AS kept
                    WHERE kept.tablename = 'challenges:play_count_milestones:last_play_id'
                )
            GROUP BY play_item_id
        ));
    END IF;

    -- Trending counts the plays of a month: where some of those go, it counts what is left.
    IF EXISTS (
        SELECT FROM backbeat.clocks
        WHERE name = 'trending.tracks' AND gone.until > backbeat.month_edge(timezone('UTC', reached_at) - interval '3 days')
    ) THEN
        PERFORM backbeat.log_everything('trending_tracks');
    END IF;

    INSERT INTO backbeat.pruned_plays AS kept (plays, until, last_id, foreign_plays, foreign_at, unread)
    VALUES (
        gone.plays,
        gone.until,
        gone.last_id,
        CASE WHEN is_ours THEN 0 ELSE gone.plays END,
        CASE WHEN NOT is_ours THEN clock_timestamp() END,
        coalesce(behind, '{}')
    )
    ON CONFLICT (singleton) DO UPDATE
    SET
        plays = kept.plays + excluded.plays,
        until = greatest(kept.until, excluded.until),
        last_id = greatest(kept.last_id, excluded.last_id),
        foreign_plays = kept.foreign_plays + excluded.foreign_plays,
        foreign_at = coalesce(excluded.foreign_at, kept.foreign_at),
        unread = ARRAY(SELECT name FROM unnest(kept.unread || excluded.unread) AS name GROUP BY name ORDER BY name);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_pruned_plays AFTER DELETE ON plays
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.keep_pruned_plays();

CREATE OR REPLACE TRIGGER note_truncated_plays AFTER TRUNCATE ON plays
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.keep_pruned_plays();
