ALTER ROLE backbeat RENAME TO backbeat_bootstrap
