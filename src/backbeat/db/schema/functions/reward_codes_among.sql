-- An adopted database may have codes that stand for rewards of their own kind; nobody is told of those.
CREATE OR REPLACE FUNCTION backbeat.reward_codes_among(ids text[]) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    codes text[] := '{}';
BEGIN
    IF to_regclass('public.reward_codes') IS NOT NULL THEN
        EXECUTE 'SELECT array_agg(code::text) FROM public.reward_codes WHERE code = ANY ($1)' INTO codes USING ids;
    END IF;
    RETURN coalesce(codes, '{}');
END $$;
