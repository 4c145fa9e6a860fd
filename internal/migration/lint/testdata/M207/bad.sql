ALTER TABLE codes ADD COLUMN note text;
ALTER TABLE users ADD COLUMN note text;
