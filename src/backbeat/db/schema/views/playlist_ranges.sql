-- The ranges that playlists have scores of, with the days that each looks back.
CREATE OR REPLACE VIEW backbeat.playlist_ranges AS
SELECT
    time_range,
    days
FROM (VALUES ('week', 7), ('month', 30), ('year', 365)) AS range (time_range, days);
