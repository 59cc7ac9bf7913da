SELECT kind, name, checksum FROM backbeat.objects
