SELECT to_regclass('backbeat.migrations') IS NOT NULL
