DELETE FROM backbeat.objects WHERE kind = %(kind)s AND name = %(name)s
