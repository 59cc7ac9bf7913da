-- The positions of weeks that are over
DELETE FROM backbeat.rounds WHERE name LIKE %(all)s::text AND name < %(kept)s::text
