DELETE FROM backbeat.objects WHERE kind IN ('triggers', 'captures')
