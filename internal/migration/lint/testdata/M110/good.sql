ALTER TABLE users ALTER COLUMN email TYPE varchar(320);
ALTER TABLE users ALTER COLUMN score TYPE numeric(14, 2);
ALTER TABLE users ALTER COLUMN nickname TYPE text;
