-- A user hears of being named as a collaborator of a track; the user who named a collaborator hears that it was
-- accepted.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[told.user_id],
    act.actor_id::text,
    format(
        '%%s:track_id:%%s:collaborator_user_id:%%s:inviter_user_id:%%s',
        told.type, act.item_id, told.collaborator_id, told.inviter_id
    ),
    told.type,
    coalesce(act.of_block, act.blocknumber),
    act."time",
    jsonb_build_object(
        'track_id', act.item_id, 'collaborator_user_id', told.collaborator_id, 'inviter_user_id', told.inviter_id
    )
FROM backbeat.acts AS act
CROSS JOIN LATERAL (
    SELECT
        'track_collaborator_invite' AS type,
        named.user_id,
        named.user_id AS collaborator_id,
        act.actor_id AS inviter_id,
        named.place
    FROM unnest(ARRAY(SELECT jsonb_array_elements_text(act.data -> 'users'))::integer[])
        WITH ORDINALITY AS named (user_id, place)
    WHERE act.kind = 'collaborator_invite'
    UNION ALL
    SELECT 'track_collaborator_accept', act.owner_id, act.actor_id, act.owner_id, 1
    WHERE act.kind = 'collaborator_accept'
) AS told
WHERE act.blocknumber > %(after)s
    AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
    AND act.kind IN ('collaborator_invite', 'collaborator_accept')
ORDER BY act.blocknumber, act.place, act.ordinal, told.place
ON CONFLICT (group_id, specifier) DO NOTHING
