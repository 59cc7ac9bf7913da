UPDATE backbeat.delist_progress AS kept
SET rounded_to = %(upto)s, round_ended_at = CASE WHEN %(upto)s = 0 THEN %(now)s ELSE kept.round_ended_at END
WHERE kept.entity = %(entity)s::delist_entity AND kept.rounded_to = %(after)s
