DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backbeat_moving') THEN
        CREATE ROLE backbeat_moving SUPERUSER LOGIN;
    END IF;
END $$
