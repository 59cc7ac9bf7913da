DO $$
BEGIN
    DROP ROLE IF EXISTS backbeat_moving;
    ALTER ROLE backbeat_bootstrap PASSWORD NULL;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backbeat') THEN
        CREATE ROLE backbeat LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backbeat_reader') THEN
        CREATE ROLE backbeat_reader;
        GRANT backbeat_reader TO backbeat;
    END IF;
END $$
