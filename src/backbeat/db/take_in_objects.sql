DELETE FROM backbeat.objects WHERE checksum = %(left_out)s
