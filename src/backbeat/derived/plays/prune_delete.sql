DELETE FROM plays WHERE id = ANY (%(ids)b::integer [])
