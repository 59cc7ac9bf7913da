-- Whether the last run's share of the budget is used up.
SELECT coalesce((SELECT kept.next_at FROM backbeat.verification AS kept), '-infinity') <= statement_timestamp()
