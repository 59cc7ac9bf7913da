ALTER TABLE {table} ENABLE {when} TRIGGER {trigger}
