UPDATE backbeat.delist_progress AS kept
SET compared_upto = %(upto)s, round_ended_at = CASE WHEN %(upto)s = 0 THEN %(now)s ELSE kept.round_ended_at END
WHERE kept.entity = %(entity)s::delist_entity AND kept.compared_upto = %(after)s
