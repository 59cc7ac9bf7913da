CREATE OR REPLACE FUNCTION backbeat.contest_spans(host_id integer)
RETURNS TABLE (event_id integer, owner_id integer, since_block integer, place bigint, held int4multirange)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH named AS MATERIALIZED (
        -- what is no array names no winner, and what is no number of a track names none either
        SELECT
            contest.event_id,
            contest.since_block,
            winner.place,
            backbeat.id_of(winner.named #>> '{}') AS track_id,
            int4range(contest.since_block, contest.until_block) AS blocks
        FROM (
            SELECT *
            FROM backbeat.event_versions AS one
            WHERE one.user_id = contest_spans.host_id AND one.event_type = 'remix_contest'
            OFFSET 0 -- by host
        ) AS contest
        CROSS JOIN LATERAL jsonb_array_elements(contest.winners) WITH ORDINALITY AS winner (named, place)
        WHERE NOT contest.is_deleted AND contest.since_block IS NOT NULL
    ),
    track AS MATERIALIZED (
        SELECT
            won.track_id,
            version.owner_id,
            int4range(coalesce(version.since_block, 0), version.until_block) AS blocks
        FROM (SELECT DISTINCT named.track_id FROM named) AS won
        CROSS JOIN LATERAL (
            SELECT * FROM backbeat.track_versions AS one WHERE one.track_id = won.track_id OFFSET 0 -- one look-up each
        ) AS version
        WHERE NOT version.is_delete
    ),
    away AS MATERIALIZED (
        SELECT
            owner.user_id,
            range_agg(int4range(coalesce(gone.since_block, 0), gone.until_block)) AS blocks
        FROM (SELECT DISTINCT track.owner_id AS user_id FROM track) AS owner
        CROSS JOIN LATERAL (
            SELECT * FROM backbeat.user_versions AS one WHERE one.user_id = owner.user_id OFFSET 0 -- one look-up each
        ) AS gone
        WHERE gone.is_deactivated
        GROUP BY owner.user_id
    ),
    host AS MATERIALIZED (
        SELECT range_agg(int4range(coalesce(person.since_block, 0), person.until_block)) AS blocks
        FROM backbeat.user_versions AS person
        WHERE person.user_id = contest_spans.host_id AND person.is_verified
    )
    SELECT
        named.event_id,
        track.owner_id,
        named.since_block,
        named.place,
        int4multirange(named.blocks * track.blocks) * host.blocks - coalesce(away.blocks, '{}')
    FROM named
    CROSS JOIN host
    JOIN track ON track.track_id = named.track_id AND track.blocks && named.blocks
    LEFT JOIN away ON away.user_id = track.owner_id
    WHERE host.blocks IS NOT NULL
$$;

COMMENT ON FUNCTION backbeat.contest_spans (integer) IS
'Whom the remix contests of a host ever named, each with the blocks at whose end the prize could be earned: the contest said
so, the track was there, the host verified and the owner not deactivated.';
