-- A sweep that is not through has more to go through.
SELECT asked.place
FROM unnest({places}::integer [], {checkpoints}::text [], {opens}::boolean []) AS asked (place, checkpoint, opens)
LEFT JOIN backbeat.rounds AS at ON at.name = asked.checkpoint
WHERE coalesce(at.after_key <> {end}, asked.opens)
