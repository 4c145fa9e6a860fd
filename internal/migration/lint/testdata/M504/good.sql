UPDATE users SET name = 'unknown' WHERE id IN (SELECT id FROM users WHERE name IS NULL LIMIT 1000);
