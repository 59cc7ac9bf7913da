UPDATE backbeat.pruned_plays AS noted
SET unread = array_remove(noted.unread, %(checkpoint)s::text)
WHERE %(checkpoint)s::text = ANY (noted.unread)
