SELECT set_config('backbeat.prunes_plays', 'on', true)
