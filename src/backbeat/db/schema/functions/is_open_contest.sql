-- inlined
-- As index/content/contests.py has it.
CREATE OR REPLACE FUNCTION backbeat.is_open_contest(event public.events, moment timestamp) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT event.event_type = 'remix_contest' AND event.entity_type = 'track' AND event.is_deleted IS NOT TRUE
        AND coalesce(event.end_date > moment, true)
$$;

COMMENT ON FUNCTION backbeat.is_open_contest (public.events, timestamp) IS
'A remix contest of a track that was neither called off nor is over (domain: chain and entities, 5.2.10 and 5.6.1).';
