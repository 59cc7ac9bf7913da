SELECT 'backbeat.' || relname
FROM pg_class
WHERE relnamespace = 'backbeat'::regnamespace AND relkind IN ('r', 'p')
ORDER BY relname
