INSERT INTO {made} ({columns}) SELECT {columns} FROM {there}
