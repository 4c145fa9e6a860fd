ALTER TABLE users ADD COLUMN title label;
ALTER TABLE users ADD COLUMN backup text;
ALTER TABLE users ADD CONSTRAINT ck_users_backup CHECK (backup LIKE '%@%') NOT VALID;
