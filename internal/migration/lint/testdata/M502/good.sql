-- atlas:txmode none

CREATE UNIQUE INDEX CONCURRENTLY uq_users_nickname ON users (nickname);
