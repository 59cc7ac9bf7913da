CREATE SCHEMA bench;
CREATE TABLE bench.user_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL,
    blocknumber integer NOT NULL,
    is_verified boolean NOT NULL,
    is_deactivated boolean NOT NULL,
    has_profile boolean NOT NULL
);
CREATE FUNCTION bench.keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench.user_history (user_id, blocknumber, is_verified, is_deactivated, has_profile)
    SELECT
        user_id, blocknumber, is_verified, is_deactivated,
        bio IS NOT NULL AND name IS NOT NULL
        AND coalesce(profile_picture, profile_picture_sizes) IS NOT NULL
        AND coalesce(cover_photo, cover_photo_sizes) IS NOT NULL
    FROM new_rows;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_inserted AFTER INSERT ON users REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION bench.keep_history();
CREATE TRIGGER keep_updated AFTER UPDATE ON users REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION bench.keep_history();
