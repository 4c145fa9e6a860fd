-- options: person=M101

ALTER TABLE orders ADD COLUMN channel text;
-- plinth:allow M101 because the table is read-only tonight
CREATE INDEX ix_users_age ON users (age);
