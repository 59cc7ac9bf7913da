INSERT INTO backbeat.acts (
    blocknumber, place, ordinal, of_block, kind, "time", actor_id, item_type, item_id, owner_id, delta, data
)
SELECT a.blocknumber, a.place, a.ordinal, a.of_block, a.kind, a."time", a.actor_id, a.item_type, a.item_id, a.owner_id,
    a.delta, a.data::jsonb
FROM unnest(
    %(numbers)s::integer [], %(places)s::integer [], %(ordinals)s::integer [], %(of_blocks)s::integer [],
    %(kinds)s::text [], %(times)s::timestamp [], %(actors)s::integer [], %(item_types)s::text [], %(items)s::integer [],
    %(owners)s::integer [], %(deltas)s::smallint [], %(data)s::text []
) AS a (blocknumber, place, ordinal, of_block, kind, "time", actor_id, item_type, item_id, owner_id, delta, data)
