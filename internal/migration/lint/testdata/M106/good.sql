-- options: also=M502

-- atlas:txmode none

CREATE UNIQUE INDEX CONCURRENTLY uq_users_nickname ON users (nickname);
-- next file
ALTER TABLE users ADD CONSTRAINT uq_users_nickname UNIQUE USING INDEX uq_users_nickname;
