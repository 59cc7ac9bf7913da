SELECT set_config('statement_timeout', (%(seconds)s::integer * 1000)::text, true)
