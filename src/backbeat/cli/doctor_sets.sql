SELECT EXISTS (SELECT FROM user_social_sets)
