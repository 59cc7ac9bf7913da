-- Row triggers under the network's names that count and tell as it does (domain: chain and entities, 7.3; derived state, 5).
CREATE FUNCTION handle_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO aggregate_user (user_id) VALUES (new.user_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER on_user AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION handle_user();

CREATE FUNCTION handle_play() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plays_now bigint;
    owner integer;
BEGIN
    INSERT INTO aggregate_plays AS kept (play_item_id, count) VALUES (new.play_item_id, 1)
    ON CONFLICT (play_item_id) DO UPDATE SET count = kept.count + 1 RETURNING count INTO plays_now;
    INSERT INTO aggregate_monthly_plays AS kept (play_item_id, timestamp, country, count)
    VALUES (new.play_item_id, date_trunc('month', new.created_at)::date, coalesce(new.country, ''), 1)
    ON CONFLICT (play_item_id, timestamp, country) DO UPDATE SET count = kept.count + 1;
    IF plays_now IN (10, 25, 50, 100, 250, 500, 1000) THEN
        SELECT owner_id INTO owner FROM tracks WHERE is_current AND track_id = new.play_item_id;
        INSERT INTO milestones (id, name, threshold, slot, timestamp)
        VALUES (new.play_item_id, 'LISTEN_COUNT', plays_now, new.slot, new.created_at) ON CONFLICT DO NOTHING;
        INSERT INTO notification (user_ids, specifier, group_id, type, slot, timestamp, data)
        VALUES (
            ARRAY[owner], owner, 'milestone:LISTEN_COUNT:id:' || new.play_item_id || ':threshold:' || plays_now, 'milestone',
            new.slot, new.created_at,
            json_build_object('type', 'LISTEN_COUNT', 'track_id', new.play_item_id, 'threshold', plays_now)
        ) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_play AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION handle_play();

CREATE FUNCTION handle_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delta CONSTANT integer := CASE WHEN new.is_current AND NOT new.is_delete THEN 1 ELSE 0 END;
BEGIN
    INSERT INTO aggregate_user (user_id) VALUES (new.follower_user_id), (new.followee_user_id) ON CONFLICT DO NOTHING;
    UPDATE aggregate_user SET following_count = following_count + delta WHERE user_id = new.follower_user_id;
    UPDATE aggregate_user SET follower_count = follower_count + delta WHERE user_id = new.followee_user_id;
    IF delta = 1 THEN
        INSERT INTO notification (blocknumber, user_ids, timestamp, type, specifier, group_id, data)
        VALUES (
            new.blocknumber, ARRAY[new.followee_user_id], new.created_at, 'follow', new.follower_user_id,
            'follow:' || new.followee_user_id,
            json_build_object('followee_user_id', new.followee_user_id, 'follower_user_id', new.follower_user_id)
        ) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_follow AFTER INSERT ON follows FOR EACH ROW EXECUTE FUNCTION handle_follow();

CREATE FUNCTION handle_save() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delta CONSTANT integer := CASE WHEN new.is_current AND NOT new.is_delete THEN 1 ELSE 0 END;
BEGIN
    IF new.save_type = 'track' THEN
        INSERT INTO aggregate_track (track_id) VALUES (new.save_item_id) ON CONFLICT DO NOTHING;
        UPDATE aggregate_track SET save_count = save_count + delta WHERE track_id = new.save_item_id;
        UPDATE aggregate_user SET track_save_count = track_save_count + delta WHERE user_id = new.user_id;
    ELSE
        UPDATE aggregate_playlist SET save_count = save_count + delta WHERE playlist_id = new.save_item_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_save AFTER INSERT ON saves FOR EACH ROW EXECUTE FUNCTION handle_save();

CREATE FUNCTION handle_repost() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delta CONSTANT integer := CASE WHEN new.is_current AND NOT new.is_delete THEN 1 ELSE 0 END;
BEGIN
    UPDATE aggregate_user SET repost_count = repost_count + delta WHERE user_id = new.user_id;
    IF new.repost_type = 'track' THEN
        UPDATE aggregate_track SET repost_count = repost_count + delta WHERE track_id = new.repost_item_id;
    ELSE
        UPDATE aggregate_playlist SET repost_count = repost_count + delta WHERE playlist_id = new.repost_item_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_repost AFTER INSERT ON reposts FOR EACH ROW EXECUTE FUNCTION handle_repost();

CREATE FUNCTION handle_track() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO aggregate_track (track_id) VALUES (new.track_id) ON CONFLICT DO NOTHING;
    UPDATE aggregate_user SET (track_count, total_track_count) = (
        SELECT count(*) FILTER (WHERE NOT is_unlisted), count(*)
        FROM tracks
        WHERE owner_id = new.owner_id AND is_current AND NOT is_delete AND is_available AND stem_of IS NULL
    )
    WHERE user_id = new.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER on_track AFTER INSERT OR UPDATE ON tracks FOR EACH ROW EXECUTE FUNCTION handle_track();

CREATE FUNCTION handle_playlist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO aggregate_playlist (playlist_id, is_album) VALUES (new.playlist_id, new.is_album) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER on_playlist AFTER INSERT ON playlists FOR EACH ROW EXECUTE FUNCTION handle_playlist();

CREATE FUNCTION handle_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.share_type = 'track' THEN
        UPDATE aggregate_track SET share_count = share_count + 1 WHERE track_id = new.share_item_id;
        UPDATE aggregate_user SET track_share_count = track_share_count + 1 WHERE user_id = new.user_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_share AFTER INSERT ON shares FOR EACH ROW EXECUTE FUNCTION handle_share();

CREATE FUNCTION handle_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE aggregate_track SET comment_count = comment_count + 1 WHERE track_id = new.entity_id;
    RETURN NULL;
END $$;
CREATE TRIGGER on_comment AFTER INSERT ON comments FOR EACH ROW EXECUTE FUNCTION handle_comment();

CREATE FUNCTION handle_on_user_challenge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.is_complete THEN
        INSERT INTO notification (timestamp, type, user_ids, specifier, group_id, data)
        VALUES (
            now(), 'claimable_reward', ARRAY[new.user_id], new.specifier,
            'claimable_reward:' || new.user_id || ':challenge:' || new.challenge_id || ':specifier:' || new.specifier,
            json_build_object('specifier', new.specifier, 'challenge_id', new.challenge_id, 'amount', new.amount)
        ) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER on_user_challenge AFTER INSERT OR UPDATE ON user_challenges
FOR EACH ROW EXECUTE FUNCTION handle_on_user_challenge();

CREATE FUNCTION handle_challenge_disbursement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notification (timestamp, type, user_ids, specifier, group_id, slot, data)
    VALUES (
        new.created_at, 'challenge_reward', ARRAY[new.user_id], new.user_id,
        'challenge_reward:' || new.user_id || ':challenge:' || new.challenge_id || ':specifier:' || new.specifier, new.slot,
        json_build_object('specifier', new.specifier, 'challenge_id', new.challenge_id, 'amount', new.amount)
    ) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER on_challenge_disbursement AFTER INSERT ON challenge_disbursements
FOR EACH ROW EXECUTE FUNCTION handle_challenge_disbursement();

-- Kept: they tell of what counts nothing
CREATE FUNCTION handle_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notification (blocknumber, user_ids, timestamp, type, specifier, group_id, data)
    SELECT
        new.blocknumber, ARRAY[follower_user_id], new.created_at, 'fan_remix_contest_started', follower_user_id,
        'fan_remix_contest_started:' || new.entity_id || ':user:' || new.user_id,
        json_build_object('entity_user_id', new.user_id, 'entity_id', new.entity_id)
    FROM follows
    WHERE followee_user_id = new.user_id AND is_current AND NOT is_delete AND new.event_type = 'remix_contest'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER on_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION handle_event();

CREATE FUNCTION handle_reaction() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER on_reaction AFTER INSERT ON reactions FOR EACH ROW EXECUTE FUNCTION handle_reaction();
CREATE FUNCTION process_grant_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER trigger_grant_change AFTER INSERT OR UPDATE ON grants
FOR EACH ROW EXECUTE FUNCTION process_grant_change();

-- Told row by row
CREATE FUNCTION on_new_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(tg_table_name, json_build_object('blocknumber', 0)::text);
    RETURN NULL;
END $$;
DO $$
DECLARE
    told text;
BEGIN
    FOREACH told IN ARRAY ARRAY[
        'users', 'tracks', 'playlists', 'follows', 'saves', 'reposts', 'shares', 'usdc_purchases', 'aggregate_user',
        'aggregate_plays', 'notification'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER trg_%s AFTER INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION on_new_row()', told, told
        );
    END LOOP;
END $$;
