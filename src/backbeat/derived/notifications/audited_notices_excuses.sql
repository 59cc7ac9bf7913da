-- Notifications whose cause is not kept, or is another program's: by type, where the name that they go by is of that type.
-- A reward that was paid is told of with a slot.
SELECT
    told.id,
    'cause_not_kept:' || told.type AS reason
FROM notification AS told
JOIN unnest(%(types)s::text [], %(prefixes)s::text []) AS kind (type, prefix)
    ON kind.type = told.type AND starts_with(told.group_id, kind.prefix)
WHERE
    told.id = ANY (%(keys)b::integer [])
    AND (
        told.type NOT IN (
            'follow', 'milestone', 'milestone_follower_count', 'claimable_reward', 'reward_in_cooldown',
            'challenge_reward'
        )
        OR told.type = 'challenge_reward' AND told.slot IS NOT NULL
    )
