ALTER TABLE users ADD COLUMN full_nam text;
ALTER TABLE users RENAME COLUMN full_nam TO full_name;
