SELECT messages, replays
FROM backbeat.replay_counts
