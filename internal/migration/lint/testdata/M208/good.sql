ALTER TABLE users ADD COLUMN country text;
-- next file
UPDATE users SET country = 'DE' WHERE id IN (SELECT id FROM users WHERE email LIKE '%.de' AND country IS NULL LIMIT 1000);
