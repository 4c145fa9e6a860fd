-- options: person=M504

ALTER TABLE users ADD COLUMN country text;
-- plinth:allow M504 because there are few of them
UPDATE users SET country = 'DE' WHERE email LIKE 'e';
