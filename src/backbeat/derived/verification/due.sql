-- Whether the last run's share of the budget is used up. To wait for more than a day is to go by a clock that was ahead.
SELECT coalesce(
    (
        SELECT kept.next_at NOT BETWEEN statement_timestamp() AND statement_timestamp() + interval '1 day'
        FROM backbeat.verification AS kept
    ),
    true
)
