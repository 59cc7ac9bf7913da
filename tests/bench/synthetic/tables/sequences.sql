SELECT setval('plays_id_seq', %(plays)s)
