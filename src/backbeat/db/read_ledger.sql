SELECT number, name, checksum FROM backbeat.migrations ORDER BY number
