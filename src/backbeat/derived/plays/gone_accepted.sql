UPDATE backbeat.pruned_plays SET truncated_at = NULL, lost_hours = 0
