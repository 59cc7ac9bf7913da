DELETE FROM backbeat.adopted_triggers
