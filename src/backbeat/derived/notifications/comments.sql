-- Users hear of comments, answers, mentions and likes. Not of an actor whom they mute, nor on a track or comment that
-- they muted. Nobody hears where the users who mute the actor have very many followers together. Nobody hears of a
-- mention that an edit adds either where the users who reported the comment have so many, or where the user who is
-- mentioned or the owner of the track is one of them.
WITH said AS MATERIALIZED (
    SELECT
        act,
        act.kind, act.of_block, act.blocknumber, act.place, act.ordinal, act."time",
        act.actor_id,
        act.owner_id AS hearer_id,
        act.item_type AS entity_type,
        act.item_id AS entity_id,
        named.comment_id,
        named.parent_id,
        named.edited,
        CASE WHEN act.item_type = 'Track' THEN track.owner_id ELSE act.item_id END AS entity_user_id
    FROM backbeat.acts AS act
    CROSS JOIN LATERAL jsonb_to_record(act.data) AS named (comment_id integer, parent_id integer, edited boolean)
    LEFT JOIN tracks AS track ON act.item_type = 'Track' AND track.track_id = act.item_id AND track.is_current
    WHERE act.blocknumber > %(after)s
        AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
        AND act.kind IN ('comment', 'comment_mention', 'comment_thread', 'comment_reaction')
), judged AS (
    SELECT 'mute' AS kind, actor_id AS id, blocknumber, place, ordinal FROM said
    UNION ALL
    SELECT 'report', comment_id, blocknumber, place, ordinal FROM said WHERE edited
), critic AS MATERIALIZED (
    SELECT one.kind, one.id, one.user_id, one.is_one, coalesce(kept.follower_count, 0) AS followers
    FROM (
        SELECT 'mute' AS kind, m.muted_user_id AS id, m.user_id, (m.is_delete IS NOT TRUE)::integer AS is_one
        FROM muted_users AS m
        WHERE m.muted_user_id IN (SELECT id FROM judged WHERE kind = 'mute')
        UNION ALL
        SELECT 'report', r.comment_id, r.user_id, 1
        FROM comment_reports AS r
        WHERE r.comment_id IN (SELECT id FROM judged WHERE kind = 'report')
    ) AS one
    LEFT JOIN aggregate_user AS kept ON kept.user_id = one.user_id
), turn AS (
    SELECT critic.*, behind.blocknumber, behind.place, behind.ordinal, behind.delta AS became, 0 AS gained
    FROM critic
    INNER JOIN backbeat.acts AS behind
        ON behind.kind = critic.kind AND behind.item_id = critic.id AND behind.actor_id = critic.user_id
    UNION ALL
    SELECT critic.*, behind.blocknumber, behind.place, behind.ordinal, 0, behind.delta
    FROM critic
    INNER JOIN backbeat.acts AS behind ON behind.kind = 'follow' AND behind.item_id = critic.user_id
), turned AS (
    SELECT
        turn.*,
        is_one - coalesce(sum(became) OVER behind, 0) AS is_one_then,
        followers - coalesce(sum(gained) OVER behind, 0) AS followers_then
    FROM turn
    WINDOW behind AS (
        PARTITION BY kind, id, user_id ORDER BY blocknumber DESC, place DESC, ordinal DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), weighed AS (
    SELECT
        step.kind, step.id, step.blocknumber, step.place, step.ordinal,
        coalesce(now.followers, 0) - sum(step.gained) OVER (
            PARTITION BY step.kind, step.id ORDER BY step.blocknumber DESC, step.place DESC, step.ordinal DESC
            ROWS UNBOUNDED PRECEDING
        ) AS followers
    FROM (
        SELECT kind, id, blocknumber, place, ordinal, 0 AS gained FROM judged
        UNION ALL
        SELECT
            kind, id, blocknumber, place, ordinal,
            is_one_then * followers_then - (is_one_then - became) * (followers_then - gained)
        FROM turned
    ) AS step
    LEFT JOIN (
        SELECT kind, id, sum(is_one * followers) AS followers FROM critic GROUP BY kind, id
    ) AS now USING (kind, id)
), silenced AS (
    SELECT blocknumber, place, ordinal FROM weighed WHERE followers >= backbeat.silencing_followers()
)
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[said.hearer_id],
    told.specifier,
    told.group_id,
    told.type,
    coalesce(said.of_block, said.blocknumber),
    said."time",
    told.data
FROM said
LEFT JOIN comment_threads AS thread ON said.edited AND thread.comment_id = said.comment_id
LEFT JOIN comments AS parent ON parent.comment_id = thread.parent_comment_id
CROSS JOIN LATERAL (
    VALUES
        (
            'comment',
            said.comment_id::text,
            format('comment:%%s:type:%%s', said.entity_id, said.entity_type),
            jsonb_build_object(
                'type', said.entity_type, 'entity_id', said.entity_id,
                'comment_user_id', said.actor_id, 'comment_id', said.comment_id
            )
        ),
        (
            'comment_mention',
            said.hearer_id::text,
            format('comment_mention:%%s', said.comment_id),
            jsonb_build_object(
                'type', said.entity_type, 'entity_id', said.entity_id, 'entity_user_id', said.entity_user_id,
                'comment_user_id', said.actor_id, 'comment_id', said.comment_id
            )
        ),
        (
            'comment_thread',
            said.comment_id::text,
            format('comment_thread:%%s', said.parent_id),
            jsonb_build_object(
                'type', said.entity_type, 'entity_id', said.entity_id, 'entity_user_id', said.entity_user_id,
                'comment_user_id', said.actor_id, 'comment_id', said.comment_id
            )
        ),
        (
            'comment_reaction',
            said.actor_id::text,
            format('comment_reaction:%%s', said.comment_id),
            jsonb_build_object(
                'type', said.entity_type, 'entity_id', said.entity_id, 'entity_user_id', said.entity_user_id,
                'comment_id', said.comment_id, 'reacter_user_id', said.actor_id
            )
        )
) AS told (type, specifier, group_id, data)
WHERE told.type = said.kind
    AND parent.user_id IS DISTINCT FROM said.hearer_id
    AND NOT EXISTS (
        SELECT FROM silenced
        WHERE (silenced.blocknumber, silenced.place, silenced.ordinal) = (said.blocknumber, said.place, said.ordinal)
    )
    AND NOT EXISTS (SELECT FROM backbeat.mutes_then(said.hearer_id, said.act))
    AND NOT (
        said.kind <> 'comment_thread' AND said.hearer_id IS NOT DISTINCT FROM said.entity_user_id
        AND EXISTS (SELECT FROM backbeat.comment_mutes_then(said.hearer_id, said.entity_type, said.entity_id, said.act))
    )
    AND NOT (
        said.kind IN ('comment_thread', 'comment_reaction')
        AND EXISTS (
            SELECT FROM backbeat.comment_mutes_then(
                said.hearer_id, 'Comment', coalesce(said.parent_id, said.comment_id), said.act
            )
        )
    )
    AND NOT (
        said.edited IS TRUE
        AND EXISTS (
            SELECT FROM backbeat.reporters_then(said.comment_id, said.act) AS reporter
            WHERE reporter.user_id IN (said.hearer_id, said.entity_user_id)
        )
    )
ORDER BY said.blocknumber, said.place, said.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
