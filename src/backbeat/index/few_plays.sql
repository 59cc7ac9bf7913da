INSERT INTO plays (id, source, play_item_id, user_id, created_at, slot, signature, city, region, country)
SELECT id, 'relay', play_item_id, user_id, created_at, slot, signature, city, region, country
FROM json_to_recordset(%(plays)s) AS play (
    id integer, play_item_id integer, user_id integer, created_at timestamp, slot integer,
    signature text, city text, region text, country text
)
