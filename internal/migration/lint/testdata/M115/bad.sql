ALTER TABLE users ADD COLUMN backup email;
