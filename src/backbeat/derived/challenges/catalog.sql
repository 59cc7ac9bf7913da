SELECT EXISTS (SELECT FROM challenges WHERE id = %(challenge_id)s::text AND active)
