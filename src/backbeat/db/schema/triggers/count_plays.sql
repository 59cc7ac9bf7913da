-- Counts plays all-time and monthly per track, and notes the milestones that the statement passed.
--
-- What a statement wrote is put beside what it was counted to by groups, not by joins. A plan is kept from its session's
-- first statement, which at the tip had one play: a nested loop then compared each of 5,000 later plays with each. To
-- forbid nested loops made plans that a planner before PostgreSQL 18 takes for so dear that it compiles them (jit), half a
-- second a statement. Groups cost the same whatever the plan was made for.
CREATE OR REPLACE FUNCTION backbeat.count_plays() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    thresholds CONSTANT integer[] := ARRAY[
        10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000
    ];
    reached_tracks integer[];
    reached_thresholds integer[];
    reached_ordinals bigint[];
    -- How many plays of a track stand before the track does, in a batch that writes the track first: by track
    early_plays jsonb := nullif(current_setting('backbeat.early_plays', true), '')::jsonb;
BEGIN
    WITH monthly AS MATERIALIZED (
        SELECT play_item_id, date_trunc('month', created_at)::date AS month, coalesce(country, '') AS country,
            count(*) AS plays
        FROM new_rows
        GROUP BY 1, 2, 3
    ), keep_monthly AS (
        INSERT INTO aggregate_monthly_plays AS kept (play_item_id, "timestamp", country, count)
        SELECT play_item_id, month, country, plays FROM monthly ORDER BY 1, 2, 3
        ON CONFLICT (play_item_id, "timestamp", country) DO UPDATE SET count = kept.count + excluded.count
    ), added AS MATERIALIZED (
        SELECT play_item_id, sum(plays)::bigint AS plays FROM monthly GROUP BY play_item_id
    ), total AS (
        INSERT INTO aggregate_plays AS kept (play_item_id, count)
        SELECT play_item_id, plays FROM added ORDER BY play_item_id
        ON CONFLICT (play_item_id) DO UPDATE SET count = coalesce(kept.count, 0) + excluded.count
        RETURNING play_item_id, count
    ), counted AS (
        SELECT play_item_id, max(count) AS count, max(count) - max(plays) AS count_before
        FROM (
            SELECT play_item_id, count, NULL::bigint AS plays FROM total
            UNION ALL
            SELECT play_item_id, NULL, plays FROM added
        ) AS either
        GROUP BY play_item_id
    )
    SELECT array_agg(play_item_id), array_agg(threshold), array_agg(threshold - count_before)
    INTO reached_tracks, reached_thresholds, reached_ordinals
    FROM counted
    CROSS JOIN LATERAL (
        SELECT threshold FROM unnest(thresholds) AS threshold WHERE threshold > count_before AND threshold <= count
    ) AS reached
    -- Most tracks pass nothing; this keeps them away from the sixteen comparisons.
    WHERE width_bucket(count, thresholds::bigint[]) > width_bucket(count_before, thresholds::bigint[]);

    IF reached_tracks IS NULL THEN
        RETURN NULL;
    END IF;

    -- The milestone carries the slot and time of the very play that reached it, however many were written with it.
    WITH reached AS (
        SELECT * FROM unnest(reached_tracks, reached_thresholds, reached_ordinals)
            AS r (play_item_id, threshold, ordinal)
    ), numbered AS (
        SELECT play_item_id, row_number() OVER (PARTITION BY play_item_id ORDER BY id) AS ordinal, slot, created_at
        FROM new_rows
        WHERE play_item_id = ANY (reached_tracks)
    ), milestone AS MATERIALIZED (
        SELECT
            play_item_id AS track_id, ordinal, max(threshold) AS threshold, max(slot) AS slot,
            max(created_at) AS created_at
        FROM (
            SELECT play_item_id, ordinal, NULL::integer AS threshold, slot, created_at FROM numbered
            UNION ALL
            SELECT play_item_id, ordinal, threshold, NULL, NULL FROM reached
        ) AS either
        GROUP BY play_item_id, ordinal
        HAVING count(threshold) > 0
    ), keep_milestones AS (
        INSERT INTO milestones (id, name, threshold, slot, "timestamp")
        SELECT track_id, 'LISTEN_COUNT', threshold, slot, created_at FROM milestone ORDER BY track_id, threshold
        ON CONFLICT (id, name, threshold) DO NOTHING
    )
    INSERT INTO notification (user_ids, specifier, group_id, type, slot, "timestamp", data)
    SELECT
        ARRAY[track.owner_id],
        track.owner_id::text,
        format('milestone:LISTEN_COUNT:id:%s:threshold:%s', track.track_id, threshold),
        'milestone',
        milestone.slot,
        milestone.created_at,
        jsonb_build_object('type', 'LISTEN_COUNT', 'track_id', track.track_id, 'threshold', threshold)
    FROM milestone
    CROSS JOIN LATERAL (
        SELECT track_id, owner_id FROM tracks WHERE tracks.track_id = milestone.track_id AND is_current LIMIT 1
    ) AS track
    WHERE early_plays IS NULL OR milestone.ordinal > coalesce((early_plays ->> milestone.track_id::text)::bigint, 0)
    ORDER BY track.track_id, threshold
    ON CONFLICT (group_id, specifier) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_plays AFTER INSERT ON plays
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.count_plays();
