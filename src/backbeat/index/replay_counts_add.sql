UPDATE backbeat.replay_counts
SET messages = messages + %(messages)s, replays = replays + %(replays)s, refused = refused + %(refused)s
