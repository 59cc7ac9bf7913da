-- The ISO week of a specifier as its Monday. Years of more than four digits are years too.
CREATE OR REPLACE FUNCTION backbeat.monday_of(week text) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN week ~ '^\d{6,8}$'
            THEN date_trunc('week', make_date(left(week, -2)::integer, 1, 4))
                + (right(week, 2)::integer - 1) * interval '7 days'
    END::timestamp
$$;

COMMENT ON FUNCTION backbeat.monday_of (text) IS 'The Monday of a week as to_char writes it with IYYYIW.';
