-- Chance that is the same every time: a hash of a row's number and of what is drawn.
CREATE SCHEMA bench;

CREATE FUNCTION bench.draw(id bigint, seed bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(id, seed) & 9007199254740991)::float8 / 9007199254740992;

-- One of n, the first ones of a hidden order far more often: of 300,000 with skew 3 the first has one in seventy. The prime
-- is the order; who picks with the same one meets the same favourites.
CREATE FUNCTION bench.pick(drawn float8, n bigint, skew float8, prime bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (1 + (floor(n * power(drawn, skew))::bigint * prime + 17) % n)::integer;

-- The block of an instant: they are spread evenly over the two years before the end.
CREATE FUNCTION bench.block(at timestamp, ending timestamp, blocks integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(blocks, greatest(1, ceil(blocks * (1 - extract(epoch FROM ending - at)::float8 / 63072000))::integer));

CREATE FUNCTION bench.txhash(id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '0x' || md5(id::text) || md5((-id)::text);
