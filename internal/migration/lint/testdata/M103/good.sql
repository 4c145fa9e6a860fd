-- atlas:txmode none

REINDEX INDEX CONCURRENTLY ix_users_name;
