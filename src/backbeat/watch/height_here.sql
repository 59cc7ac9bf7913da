SELECT height FROM backbeat.cursor WHERE chain_id = %(chain_id)s::text
