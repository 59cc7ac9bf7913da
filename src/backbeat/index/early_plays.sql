SELECT set_config('backbeat.early_plays', %(plays)s, true)
