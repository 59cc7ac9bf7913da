INSERT INTO backbeat.acts (
    blocknumber, place, ordinal, of_block, kind, "time", actor_id, item_type, item_id, owner_id, delta, data
)
SELECT a.blocknumber, a.place, a.ordinal, a.of_block, a.kind, a."time", a.actor_id, a.item_type, a.item_id, a.owner_id,
    a.delta, a.data
FROM json_to_recordset(%(acts)s) AS a (
    blocknumber integer, place integer, ordinal integer, of_block integer, kind text, "time" timestamp,
    actor_id integer, item_type text, item_id integer, owner_id integer, delta smallint, data jsonb
)
