CREATE OR REPLACE FUNCTION backbeat.roaring(ids integer[]) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH given AS MATERIALIZED (
        SELECT DISTINCT id >> 16 AS high, id & 65535 AS low FROM unnest(ids) AS id
    ),
    containers AS MATERIALIZED (
        SELECT
            one.high,
            count(*) AS cardinality,
            CASE
                WHEN count(*) <= 4096 THEN decode(
                    string_agg(lpad(to_hex(((one.low & 255) << 8) | (one.low >> 8)), 4, '0'), '' ORDER BY one.low), 'hex'
                )
                ELSE (
                    SELECT decode(string_agg(lpad(to_hex(coalesce(held.bits, 0)), 2, '0'), '' ORDER BY place), 'hex')
                    FROM generate_series(0, 8191) AS place
                    LEFT JOIN (
                        SELECT low >> 3 AS at_place, bit_or(1 << (low & 7)) AS bits
                        FROM given WHERE given.high = one.high
                        GROUP BY 1
                    ) AS held ON held.at_place = place
                )
            END AS content
        FROM given AS one
        GROUP BY one.high
    ),
    placed AS (
        SELECT
            *,
            8 + 8 * count(*) OVER () + coalesce(
                sum(length(content)) OVER (ORDER BY high ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0
            ) AS begins
        FROM containers
    )
    SELECT
        decode(
            backbeat.little_endian(12346, 4) || backbeat.little_endian(count(*), 4)
            || coalesce(
                string_agg(
                    backbeat.little_endian(high, 2) || backbeat.little_endian(cardinality - 1, 2), '' ORDER BY high
                ), ''
            )
            || coalesce(string_agg(backbeat.little_endian(begins::bigint, 4), '' ORDER BY high), ''),
            'hex'
        ) || coalesce(string_agg(content, ''::bytea ORDER BY high), ''::bytea)
    FROM placed
$$;

COMMENT ON FUNCTION backbeat.roaring (integer []) IS
'A set of ids from 0 on as the network stores it: a Roaring bitmap in the portable format, without runs. Each id of up to
4,096 that share their upper 16 bits takes two bytes; of more, the 65,536 that they are among take a bit each.';
