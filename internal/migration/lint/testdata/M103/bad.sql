REINDEX INDEX ix_users_name;
