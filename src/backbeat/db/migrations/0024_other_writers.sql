-- What other writers than the block loop do to rows that challenges follow by block, so that an edit without a new block
-- number is followed as well: docs/decisions/0022-play-times-and-edits.md.
--
-- The block loop marks its transactions ("backbeat.writes_blocks"): every row of them carries a block that a BlockFeed
-- tells of, and the marked statements pay for the look at the mark alone. Of all others, a key is logged unless the same
-- statement stamped a row of that key with a block that is still ahead of the cursor. So what an edit takes a row away
-- from, as a former owner, is told whatever the row's stamp is.

CREATE FUNCTION backbeat.capture_edits(
    captured regclass, key_values text[], watched_columns text[]
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    function_name CONSTANT text := backbeat.capture_name(captured, 'edits');
    columns CONSTANT text := (SELECT string_agg(quote_ident(name), ', ') FROM unnest(watched_columns) AS name);
    keys CONSTANT text := (SELECT string_agg(format('(%s)', value), ', ') FROM unnest(key_values) AS value);
    is_ahead CONSTANT text :=
        'touched.blocknumber > coalesce((SELECT cursor.block_number FROM backbeat.cursor AS cursor), -1)';
    new_rows CONSTANT text := format('SELECT %s FROM new_rows', columns);
    old_rows CONSTANT text := format('SELECT %s FROM old_rows', columns);
    keys_of CONSTANT text := format(
        'SELECT named.key FROM (%%s) AS touched CROSS JOIN LATERAL (VALUES %s) AS named (key) WHERE named.key IS NOT NULL',
        keys
    );
BEGIN
    EXECUTE format(
        $function$
            CREATE OR REPLACE FUNCTION backbeat.%I() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
            BEGIN
                CASE TG_OP
                    WHEN 'INSERT' THEN PERFORM backbeat.log_keys('edits', ARRAY(%s EXCEPT %s));
                    WHEN 'UPDATE' THEN PERFORM backbeat.log_keys('edits', ARRAY(%s EXCEPT %s));
                    WHEN 'DELETE' THEN PERFORM backbeat.log_keys('edits', ARRAY(SELECT DISTINCT key FROM (%s) AS gone));
                    ELSE PERFORM backbeat.log_everything('edits');
                END CASE;
                RETURN NULL;
            END
            $body$
        $function$,
        function_name,
        format(keys_of, new_rows),
        format(keys_of, new_rows) || ' AND ' || is_ahead,
        format(keys_of, format('(%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)', new_rows, old_rows)),
        format(keys_of, new_rows) || ' AND ' || is_ahead,
        format(keys_of, old_rows)
    );
    EXECUTE (
        SELECT string_agg(
            format(
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT WHEN (%s) EXECUTE FUNCTION backbeat.%I()',
                function_name || suffix,
                event,
                captured,
                transition,
                -- as whoever writes, who may have no rights on a function of ours
                $when$coalesce(current_setting('backbeat.writes_blocks', true), '') <> 'on'$when$,
                function_name
            ),
            '; '
        )
        FROM (
            VALUES
                ('_i', 'INSERT', 'REFERENCING NEW TABLE AS new_rows'),
                ('_u', 'UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                ('_d', 'DELETE', 'REFERENCING OLD TABLE AS old_rows'),
                ('_t', 'TRUNCATE', '')
        ) AS kind (suffix, event, transition)
    );
END
$$;

COMMENT ON FUNCTION backbeat.capture_edits (regclass, text[], text[]) IS
'Log the edits of a table by others than the block loop to the stream "edits". Each of the key values, an expression over
"touched", names a key of the form kind:id, NULL none. Of an update only rows whose watched columns changed count.';

SELECT backbeat.capture_edits(
    'users',
    ARRAY[$$'user:' || touched.user_id$$],
    ARRAY[
        'user_id', 'is_current', 'is_verified', 'is_deactivated', 'handle_lc', 'bio', 'name', 'profile_picture',
        'profile_picture_sizes', 'cover_photo', 'cover_photo_sizes', 'updated_at', 'blocknumber'
    ]
);
SELECT backbeat.capture_edits(
    'tracks',
    ARRAY[$$'owner:' || touched.owner_id$$, $$'track:' || touched.track_id$$],
    ARRAY[
        'track_id', 'owner_id', 'is_current', 'is_delete', 'is_unlisted', 'stem_of', 'pinned_comment_id', 'updated_at',
        'blocknumber'
    ]
);
SELECT backbeat.capture_edits(
    'playlists',
    ARRAY[$$'lister:' || touched.playlist_owner_id$$],
    ARRAY[
        'playlist_id', 'playlist_owner_id', 'is_current', 'is_delete', 'playlist_contents', 'updated_at', 'blocknumber'
    ]
);
SELECT backbeat.capture_edits(
    'follows',
    ARRAY[$$'actor:' || touched.follower_user_id$$],
    ARRAY['follower_user_id', 'followee_user_id', 'is_current', 'is_delete', 'blocknumber']
);
SELECT backbeat.capture_edits(
    'reposts',
    ARRAY[
        $$'actor:' || touched.user_id$$,
        $$CASE WHEN touched.repost_type = 'track' THEN 'act:' || touched.user_id || ':' || touched.repost_item_id END$$
    ],
    ARRAY['user_id', 'repost_item_id', 'repost_type', 'is_current', 'is_delete', 'created_at', 'blocknumber']
);
SELECT backbeat.capture_edits(
    'saves',
    ARRAY[
        $$'actor:' || touched.user_id$$,
        $$CASE WHEN touched.save_type = 'track' THEN 'act:' || touched.user_id || ':' || touched.save_item_id END$$
    ],
    ARRAY['user_id', 'save_item_id', 'save_type', 'is_current', 'is_delete', 'created_at', 'blocknumber']
);
SELECT backbeat.capture_edits(
    'user_events',
    ARRAY[$$'arrival:' || touched.user_id$$],
    ARRAY['id', 'user_id', 'referrer', 'is_current', 'is_mobile_user', 'blocknumber']
);
SELECT backbeat.capture_edits(
    'comments',
    ARRAY[
        $$'comment:' || touched.comment_id$$,
        $$'week:' || to_hex(touched.user_id) || to_char(touched.created_at, ':IYYYIW')$$
    ],
    ARRAY[
        'comment_id', 'user_id', 'created_at', 'entity_type', 'entity_id', 'is_delete', 'is_visible', 'blocknumber'
    ]
);
SELECT backbeat.capture_edits(
    'events',
    ARRAY[$$CASE WHEN touched.event_type = 'remix_contest' THEN 'host:' || touched.user_id END$$],
    ARRAY['event_id', 'user_id', 'event_type', 'is_deleted', 'event_data', 'updated_at', 'blocknumber']
);
-- Monthly counts follow plays, which are told of themselves; only what is done to a count by hand is an edit. Row by row:
-- transition tables would be filled with every count that a trigger keeps, for nothing.
CREATE FUNCTION backbeat.log_edited_plays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM backbeat.log_keys('edits', ARRAY(
        SELECT DISTINCT 'plays:' || track_id
        FROM (
            SELECT CASE WHEN TG_OP <> 'INSERT' THEN OLD.play_item_id END AS track_id
            UNION ALL
            SELECT CASE WHEN TG_OP <> 'DELETE' THEN NEW.play_item_id END
        ) AS touched
        WHERE track_id IS NOT NULL
    ));
    RETURN NULL;
END
$$;

CREATE TRIGGER log_edited_plays AFTER INSERT OR UPDATE OR DELETE ON aggregate_monthly_plays
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION backbeat.log_edited_plays();
