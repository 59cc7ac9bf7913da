SELECT
    EXISTS (SELECT FROM backbeat.contest_notices WHERE closes_at >= %(now)s) AS is_open,
    EXISTS (SELECT FROM backbeat.contest_notices WHERE closes_at >= %(now)s AND told_at IS NULL) AS is_untold
