INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
VALUES ('synthetic', %(blocks)s::int, 'b' || %(blocks)s::int, %(ending)s::timestamp, %(blocks)s::int, %(plays)s)
