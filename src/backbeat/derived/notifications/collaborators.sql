-- A user hears of being named as a collaborator of a track, and who named the user hears that he agreed.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT ARRAY[act.owner_id], act.actor_id::text, told.group_id, told.type, act.blocknumber, act."time", told.data
FROM backbeat.acts AS act
CROSS JOIN LATERAL (
    SELECT
        told.type,
        format(
            '%%s:track_id:%%s:collaborator_user_id:%%s:inviter_user_id:%%s',
            told.type, act.item_id, told.collaborator_id, told.inviter_id
        ) AS group_id,
        jsonb_build_object(
            'track_id', act.item_id, 'collaborator_user_id', told.collaborator_id, 'inviter_user_id', told.inviter_id
        ) AS data
    FROM (
        VALUES
            ('collaborator_invite', 'track_collaborator_invite', act.owner_id, act.actor_id),
            ('collaborator_accept', 'track_collaborator_accept', act.actor_id, act.owner_id)
    ) AS told (kind, type, collaborator_id, inviter_id)
    WHERE told.kind = act.kind
) AS told
WHERE act.blocknumber > %(after)s AND act.blocknumber <= %(upto)s
    AND act.kind IN ('collaborator_invite', 'collaborator_accept')
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
