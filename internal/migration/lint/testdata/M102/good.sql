-- atlas:txmode none

DROP INDEX CONCURRENTLY ix_users_name;
