SELECT EXISTS (SELECT FROM backbeat.listens_untold AS untold WHERE untold.is_past)
