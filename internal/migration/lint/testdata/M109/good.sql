-- options: also=M503

ALTER TABLE users ADD CONSTRAINT ck_users_name CHECK (name IS NOT NULL) NOT VALID;
-- next file
ALTER TABLE users VALIDATE CONSTRAINT ck_users_name;
-- next file
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT ck_users_name;
