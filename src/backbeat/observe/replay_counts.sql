SELECT messages, replays, refused
FROM backbeat.replay_counts
