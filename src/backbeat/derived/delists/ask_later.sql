UPDATE backbeat.delist_progress AS kept SET ask_after = %(until)s WHERE kept.entity = %(entity)s::delist_entity
