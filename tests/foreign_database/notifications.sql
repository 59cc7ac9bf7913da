-- What users hear, by a trigger for each row (domain: chain and entities, 7.3; for plays 3.2, for contests 5.6.6), written from those
-- rules alone. It all stands in a schema of its own, beside the program's notifications: nothing here counts, or is read by it.
CREATE SCHEMA theirs;
CREATE TABLE theirs.notification (
    type text NOT NULL,
    group_id text NOT NULL,
    specifier text NOT NULL,
    user_ids integer[] NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (group_id, specifier)
);

CREATE FUNCTION theirs.tell(kind text, about text, specifier text, users integer[], told jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO theirs.notification VALUES (kind, about, specifier, users, told) ON CONFLICT DO NOTHING
$$;
CREATE FUNCTION theirs.user_thresholds() RETURNS bigint[] LANGUAGE sql AS
$$ SELECT '{10, 25, 50, 100, 250, 500, 1000, 5000, 10000, 20000, 50000, 100000, 1000000}'::bigint[] $$;
CREATE FUNCTION theirs.item_thresholds() RETURNS bigint[] LANGUAGE sql AS
$$ SELECT '{10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000}'::bigint[] $$;
CREATE FUNCTION theirs.is_heard(actor integer) RETURNS boolean LANGUAGE sql AS
$$ SELECT coalesce((SELECT score >= 0 FROM public.aggregate_user WHERE user_id = actor), false) $$;
CREATE FUNCTION theirs.first_parent(remix_of jsonb) RETURNS integer LANGUAGE sql AS
$$ SELECT (remix_of -> 'tracks' -> 0 ->> 'parent_track_id')::integer $$;
CREATE FUNCTION theirs.subscribers(kind text, target integer) RETURNS integer[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(DISTINCT subscriber_id), '{}')
    FROM public.subscriptions WHERE is_current AND NOT is_delete AND entity_type = kind AND user_id = target
$$;

CREATE FUNCTION theirs.reach(
    kind text, name text, item integer, owner integer, reached bigint, thresholds bigint[], told jsonb
) RETURNS void LANGUAGE sql AS $$
    SELECT theirs.tell(
        kind, format('milestone:%s:id:%s:threshold:%s', name, item, reached), owner::text, ARRAY[owner],
        told || jsonb_build_object('type', name, 'threshold', reached)
    )
    WHERE reached = ANY (thresholds) AND owner IS NOT NULL
$$;
CREATE FUNCTION theirs.open_contests(track integer, at timestamp) RETURNS SETOF public.events LANGUAGE sql AS $$
    SELECT * FROM public.events
    WHERE event_type = 'remix_contest' AND entity_type = 'track' AND entity_id = track AND NOT is_deleted AND end_date > at
$$;

CREATE FUNCTION theirs.after_play() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM theirs.reach(
        'milestone', 'LISTEN_COUNT', new.play_item_id,
        (SELECT owner_id FROM tracks WHERE is_current AND track_id = new.play_item_id),
        (SELECT count(*) FROM plays WHERE play_item_id = new.play_item_id AND id <= new.id),
        theirs.item_thresholds(), jsonb_build_object('track_id', new.play_item_id)
    );
    RETURN NULL;
END $$;
CREATE TRIGGER told_play AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION theirs.after_play();

CREATE FUNCTION theirs.after_follow() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    star CONSTANT integer := new.followee_user_id;
BEGIN
    IF NOT new.is_current OR new.is_delete OR NOT theirs.is_heard(new.follower_user_id) THEN
        RETURN NULL;
    END IF;
    PERFORM theirs.reach(
        'milestone_follower_count', 'FOLLOWER_COUNT', star, star,
        (SELECT count(*) FROM follows WHERE is_current AND NOT is_delete AND followee_user_id = star),
        theirs.user_thresholds(), jsonb_build_object('user_id', star)
    );
    PERFORM theirs.tell(
        'follow', 'follow:' || star, new.follower_user_id::text, ARRAY[star],
        jsonb_build_object('followee_user_id', star, 'follower_user_id', new.follower_user_id)
    );
    RETURN NULL;
END $$;
CREATE TRIGGER told_follow AFTER INSERT OR UPDATE ON follows FOR EACH ROW EXECUTE FUNCTION theirs.after_follow();

-- What saves and reposts have in common; "name" is save or repost, "favors" how many of the item stand.
CREATE FUNCTION theirs.favored(
    name text, actor integer, kind text, item integer, favors bigint, of_repost boolean, happened timestamp
) RETURNS void LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    owner integer;
    album boolean := false;
    parent integer;
    has_album_with CONSTANT boolean := kind = 'track' AND EXISTS (
        SELECT FROM usdc_purchases AS bought
        JOIN playlist_tracks AS member ON member.playlist_id = bought.content_id AND member.is_removed IS NOT TRUE
        WHERE bought.buyer_user_id = actor AND bought.content_type = 'album' AND bought.created_at <= happened
            AND member.track_id = item
    );
    inspiring integer[];
BEGIN
    IF kind = 'track' THEN
        SELECT owner_id, theirs.first_parent(remix_of) INTO owner, parent
        FROM tracks WHERE is_current AND track_id = item;
    ELSE
        SELECT playlist_owner_id, is_album INTO owner, album FROM playlists WHERE is_current AND playlist_id = item;
    END IF;
    PERFORM theirs.reach(
        'milestone', format('%s_%s_COUNT', CASE kind WHEN 'track' THEN 'TRACK' ELSE 'PLAYLIST' END, upper(name)), item, owner,
        favors, theirs.item_thresholds(),
        CASE kind
            WHEN 'track' THEN jsonb_build_object('track_id', item)
            ELSE jsonb_build_object('playlist_id', item, 'is_album', album)
        END
    );
    IF owner IS NOT NULL AND (
        name = 'repost'
        OR NOT has_album_with AND NOT EXISTS (
            SELECT FROM usdc_purchases AS bought
            WHERE bought.buyer_user_id = actor AND bought.content_id = item AND bought.created_at <= happened
                AND bought.content_type::text = CASE WHEN kind = 'track' THEN 'track' WHEN album THEN 'album' END
        )
    ) THEN
        PERFORM theirs.tell(
            name, format('%s:%s:type:%s', name, item, kind), actor::text, ARRAY[owner],
            jsonb_build_object(name || '_item_id', item, 'user_id', actor, 'type', kind)
        );
    END IF;
    IF of_repost AND NOT (name = 'save' AND has_album_with) THEN
        SELECT array_agg(DISTINCT r.user_id ORDER BY r.user_id) INTO inspiring
        FROM reposts AS r
        JOIN follows AS f ON f.followee_user_id = r.user_id
        WHERE f.follower_user_id = actor AND f.is_current AND NOT f.is_delete
            AND r.is_current AND NOT r.is_delete AND r.repost_item_id = item AND r.repost_type::text = kind
            AND r.created_at >= happened - interval '1 month';
        IF inspiring IS NOT NULL THEN
            PERFORM theirs.tell(
                name || '_of_repost', format('%s_of_repost:%s:type:%s', name, item, kind), actor::text, inspiring,
                jsonb_build_object(
                    name || '_of_repost_item_id', item, 'user_id', actor, 'type', CASE WHEN album THEN 'album' ELSE kind END
                )
            );
        END IF;
    END IF;
    IF kind = 'track' AND EXISTS (SELECT FROM tracks WHERE is_current AND track_id = parent AND owner_id = actor) THEN
        PERFORM theirs.tell(
            'cosign', format('cosign:parent_track%s:original_track:%s', parent, item), actor::text, ARRAY[owner],
            jsonb_build_object('parent_track_id', parent, 'track_id', item, 'track_owner_id', owner)
        );
    END IF;
END $$;

-- Its argument is "name".
CREATE FUNCTION theirs.after_favor() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    name CONSTANT text := TG_ARGV[0];
    written CONSTANT jsonb := to_jsonb(new);
    favors bigint;
BEGIN
    IF new.is_current AND NOT new.is_delete AND theirs.is_heard(new.user_id) THEN
        EXECUTE format(
            'SELECT count(*) FROM %1$ss WHERE is_current AND NOT is_delete'
            ' AND (%1$s_type, %1$s_item_id) = ($1.%1$s_type, $1.%1$s_item_id)', name
        ) INTO favors USING new;
        PERFORM theirs.favored(
            name, new.user_id, written ->> (name || '_type'), (written ->> (name || '_item_id'))::integer, favors,
            (written ->> format('is_%s_of_repost', name))::boolean, new.created_at
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER told_save AFTER INSERT OR UPDATE ON saves FOR EACH ROW EXECUTE FUNCTION theirs.after_favor('save');
CREATE TRIGGER told_repost AFTER INSERT OR UPDATE ON reposts FOR EACH ROW EXECUTE FUNCTION theirs.after_favor('repost');

CREATE FUNCTION theirs.contest_started(contest events) RETURNS void LANGUAGE sql SET search_path = public AS $$
    SELECT theirs.tell(
        'fan_remix_contest_started', format('fan_remix_contest_started:%s:user:%s', contest.entity_id, contest.user_id),
        fan.id::text, ARRAY[fan.id],
        jsonb_build_object('entity_user_id', track.owner_id, 'entity_id', contest.entity_id)
    )
    FROM tracks AS track
    CROSS JOIN LATERAL (
        SELECT follower_user_id AS id FROM follows
        WHERE followee_user_id = contest.user_id AND is_current AND NOT is_delete
        UNION
        SELECT user_id FROM saves
        WHERE save_type = 'track' AND save_item_id = contest.entity_id AND is_current AND NOT is_delete
        UNION
        SELECT unnest(theirs.subscribers('Event', contest.event_id))
    ) AS fan
    WHERE track.is_current AND track.track_id = contest.entity_id AND NOT track.is_unlisted
$$;

CREATE FUNCTION theirs.after_event() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF new.event_type = 'remix_contest' AND new.entity_type = 'track' AND NOT new.is_deleted THEN
        PERFORM theirs.contest_started(new);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER told_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION theirs.after_event();

-- As the network's indexer of 2026 has it (domain: derived state, 0): what some only may hear is not public
CREATE FUNCTION theirs.is_public(track tracks) RETURNS boolean LANGUAGE sql AS $$
    SELECT NOT track.is_unlisted AND track.is_available AND NOT track.is_delete AND track.stem_of IS NULL
        AND track.access_authorities IS NULL
$$;

CREATE FUNCTION theirs.after_track() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    parent CONSTANT integer := theirs.first_parent(new.remix_of);
    fans CONSTANT integer[] := theirs.subscribers('User', new.owner_id);
    happened CONSTANT timestamp := new.updated_at;
    contest events;
    entered bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND old.is_unlisted AND NOT new.is_unlisted THEN
        PERFORM theirs.contest_started(held) FROM theirs.open_contests(new.track_id, happened) AS held;
    END IF;
    IF NOT theirs.is_public(new) OR TG_OP = 'UPDATE' AND theirs.is_public(old) THEN
        RETURN NULL;
    END IF;
    IF NOT coalesce(new.is_playlist_upload, false) AND fans <> '{}' THEN
        PERFORM theirs.tell(
            'create', 'create:track:user_id:' || new.owner_id, new.track_id::text, fans,
            jsonb_build_object('track_id', new.track_id)
        );
    END IF;
    PERFORM theirs.tell(
        'remix', format('remix:track:%s:parent_track:%s', new.track_id, parent), new.owner_id::text, ARRAY[owner_id],
        jsonb_build_object('track_id', new.track_id, 'parent_track_id', parent)
    )
    FROM tracks WHERE is_current AND track_id = parent;
    FOR contest IN SELECT * FROM theirs.open_contests(parent, happened) LOOP
        SELECT count(*) INTO entered FROM tracks
        WHERE is_current AND NOT is_delete AND theirs.first_parent(remix_of) = parent AND created_at >= contest.created_at;
        IF entered IN (1, 10, 50) THEN
            PERFORM theirs.tell(
                'artist_remix_contest_submissions',
                format('artist_remix_contest_submissions:%s:%s', contest.event_id, entered),
                format('%s:%s', entered, contest.event_id), ARRAY[contest.user_id],
                jsonb_build_object('event_id', contest.event_id, 'milestone', entered, 'entity_id', parent)
            );
        END IF;
        PERFORM theirs.tell(  -- 7.3 says who hears of it, and what; the group is the program's own
            'fan_remix_contest_submission',
            format('fan_remix_contest_submission:%s:submission:%s', contest.event_id, new.track_id), fan::text, ARRAY[fan],
            jsonb_build_object(
                'event_id', contest.event_id, 'entity_id', parent, 'entity_user_id', contest.user_id,
                'submission_track_id', new.track_id, 'submitter_user_id', new.owner_id
            )
        )
        FROM unnest(theirs.subscribers('Event', contest.event_id) || contest.user_id) AS fan
        WHERE fan <> new.owner_id;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER told_track AFTER INSERT OR UPDATE ON tracks FOR EACH ROW EXECUTE FUNCTION theirs.after_track();

CREATE FUNCTION theirs.after_playlist() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    fans CONSTANT integer[] := theirs.subscribers('User', new.playlist_owner_id);
BEGIN
    IF new.is_private OR new.is_delete THEN
        RETURN NULL;
    END IF;
    IF fans <> '{}' AND (TG_OP = 'INSERT' OR old.is_private) THEN
        PERFORM theirs.tell(
            'create', 'create:playlist_id:' || new.playlist_id, new.playlist_owner_id::text, fans,
            jsonb_build_object('playlist_id', new.playlist_id, 'is_album', new.is_album)
        );
    END IF;
    PERFORM theirs.tell(
        'track_added_to_playlist',
        format('track_added_to_playlist:playlist_id:%s:track_id:%s', new.playlist_id, track.track_id),
        track.owner_id::text, ARRAY[track.owner_id],
        jsonb_build_object(
            'track_id', track.track_id, 'playlist_id', new.playlist_id, 'playlist_owner_id', new.playlist_owner_id
        )
    )
    FROM jsonb_array_elements(new.playlist_contents -> 'track_ids') AS entry
    JOIN tracks AS track ON track.is_current AND track.track_id = (entry ->> 'track')::bigint
    WHERE (entry ->> 'time')::numeric >= extract(epoch FROM new.updated_at AT TIME ZONE 'utc')::bigint
        AND track.owner_id <> new.playlist_owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER told_playlist AFTER INSERT OR UPDATE ON playlists FOR EACH ROW EXECUTE FUNCTION theirs.after_playlist();

CREATE FUNCTION theirs.after_playlist_track() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM theirs.tell(
        'track_added_to_purchased_album',
        format('track_added_to_purchased_album:playlist_id:%s:track_id:%s', new.playlist_id, new.track_id),
        buyer.buyer_user_id::text, ARRAY[buyer.buyer_user_id],
        jsonb_build_object(
            'track_id', new.track_id, 'playlist_id', new.playlist_id, 'playlist_owner_id', album.playlist_owner_id
        )
    )
    FROM playlists AS album
    CROSS JOIN LATERAL (
        SELECT DISTINCT buyer_user_id FROM usdc_purchases
        WHERE content_type = 'album' AND content_id = album.playlist_id
            AND created_at <= new.updated_at AT TIME ZONE 'utc'
    ) AS buyer
    WHERE album.is_current AND album.playlist_id = new.playlist_id
        AND album.is_stream_gated AND album.stream_conditions ? 'usdc_purchase';
    RETURN NULL;
END $$;
CREATE TRIGGER told_playlist_track AFTER INSERT ON playlist_tracks
FOR EACH ROW EXECUTE FUNCTION theirs.after_playlist_track();

CREATE FUNCTION theirs.after_grant() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    manager CONSTANT integer := (
        SELECT min(user_id) FROM users WHERE is_current AND lower(wallet) = lower(new.grantee_address)
    );
    told CONSTANT jsonb := jsonb_build_object(
        'grantee_user_id', manager, 'grantee_address', new.grantee_address, 'user_id', new.user_id
    );
BEGIN
    IF manager IS NULL OR new.is_revoked THEN
        RETURN NULL;
    END IF;
    IF new.is_approved IS NULL AND (
        TG_OP = 'INSERT' AND new.created_at = new.updated_at OR TG_OP = 'UPDATE' AND old.is_revoked
    ) THEN
        PERFORM theirs.tell(
            'request_manager',
            format(
                'request_manager:grantee_user_id:%s:grantee_address:%s:user_id:%s:updated_at:%s:created_at:%s', manager,
                new.grantee_address, new.user_id, new.updated_at, new.created_at
            ),
            new.user_id::text, ARRAY[manager], told
        );
    ELSIF new.is_approved AND (TG_OP = 'INSERT' OR old.is_approved IS NOT TRUE) THEN
        PERFORM theirs.tell(
            'approve_manager_request',
            format(
                'approve_manager_request:grantee_user_id:%s:grantee_address:%s:user_id:%s:created_at:%s', manager,
                new.grantee_address, new.user_id, new.created_at
            ),
            manager::text, ARRAY[new.user_id], told
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER told_grant AFTER INSERT OR UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION theirs.after_grant();

-- What the tip's own notification is told of the reaction is left out: the trigger of tips makes that
CREATE FUNCTION theirs.after_reaction() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM theirs.tell(
        'reaction',
        format('reaction:reaction_to:%s:reaction_type:tip:reaction_value:%s', new.reacted_to, new.reaction_value),
        tip.receiver_user_id::text, ARRAY[tip.sender_user_id],
        jsonb_build_object(
            'sender_wallet', new.sender_wallet, 'reaction_type', new.reaction_type, 'reacted_to', new.reacted_to,
            'reaction_value', new.reaction_value, 'receiver_user_id', tip.receiver_user_id,
            'sender_user_id', tip.sender_user_id, 'tip_amount', tip.amount::text
        )
    )
    FROM user_tips AS tip
    WHERE tip.signature = new.reacted_to AND new.reaction_type = 'tip' AND new.reaction_value <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER told_reaction AFTER INSERT OR UPDATE ON reactions FOR EACH ROW EXECUTE FUNCTION theirs.after_reaction();
