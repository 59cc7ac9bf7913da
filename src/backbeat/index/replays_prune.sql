DELETE FROM backbeat.replayed_transactions
WHERE number <= %(number)s
