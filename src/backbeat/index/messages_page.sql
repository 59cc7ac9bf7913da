SELECT coalesce(string_agg(messages, ''::bytea ORDER BY number), ''::bytea)
FROM backbeat.signed_messages
WHERE number > %(after)s AND number <= %(until)s
