ALTER TABLE users ADD COLUMN height integer;
ALTER TABLE users ADD COLUMN boss_id bigint REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE users ADD CONSTRAINT ck_users_height CHECK (height > 0) NOT VALID;
