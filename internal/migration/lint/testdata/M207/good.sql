ALTER TABLE codes ADD COLUMN note text;
-- next file
ALTER TABLE users ADD COLUMN note text;
