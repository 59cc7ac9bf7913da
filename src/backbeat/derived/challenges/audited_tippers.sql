-- Users as keys of `ft` are spelled.
SELECT tipper::text FROM unnest(%(keys)b::integer []) AS tipper
