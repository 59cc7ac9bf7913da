-- When the server began; after that all who wrote before have ended, and their names are given to others.
SELECT pg_postmaster_start_time()
