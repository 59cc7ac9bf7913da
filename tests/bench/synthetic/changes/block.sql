INSERT INTO blocks (blockhash, number) VALUES ('b' || %(block)s::int, %(block)s)
