SELECT id, active, amount, step_count, starting_block, weekly_pool, cooldown_days FROM challenges
