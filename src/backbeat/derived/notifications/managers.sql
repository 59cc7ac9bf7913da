-- A user hears who asks for a manager, and the user who asked hears who agreed.
INSERT INTO notification (user_ids, specifier, group_id, type, blocknumber, "timestamp", data)
SELECT
    ARRAY[told.user_id],
    told.specifier::text,
    told.group_id,
    told.type,
    coalesce(act.of_block, act.blocknumber),
    act."time",
    named.data
FROM backbeat.acts AS act
CROSS JOIN LATERAL (
    SELECT
        act.data ->> 'address' AS address,
        (act.data ->> 'created_at')::timestamp AS created_at,
        jsonb_build_object(
            'grantee_user_id', act.item_id, 'grantee_address', act.data ->> 'address', 'user_id', act.actor_id
        ) AS data
) AS named
CROSS JOIN LATERAL (
    VALUES
        (
            'manager_request',
            'request_manager',
            act.item_id,
            act.actor_id,
            format(
                'request_manager:grantee_user_id:%%s:grantee_address:%%s:user_id:%%s:updated_at:%%s:created_at:%%s',
                act.item_id, named.address, act.actor_id, act."time", named.created_at
            )
        ),
        (
            'manager_approval',
            'approve_manager_request',
            act.actor_id,
            act.item_id,
            format(
                'approve_manager_request:grantee_user_id:%%s:grantee_address:%%s:user_id:%%s:created_at:%%s',
                act.item_id, named.address, act.actor_id, named.created_at
            )
        )
) AS told (kind, type, user_id, specifier, group_id)
WHERE act.blocknumber > %(after)s
    AND (act.blocknumber, act.place, act.ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
    AND act.kind = told.kind
ORDER BY act.blocknumber, act.place, act.ordinal
ON CONFLICT (group_id, specifier) DO NOTHING
