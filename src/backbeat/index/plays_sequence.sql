SELECT setval('plays_id_seq', %(last_id)s)
