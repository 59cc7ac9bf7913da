-- Nobody deletes plays meanwhile: what deletes them begins with this table.
LOCK TABLE backbeat.pruned_hours IN SHARE ROW EXCLUSIVE MODE
