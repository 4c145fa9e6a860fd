DROP VIEW members;
CREATE VIEW members AS SELECT id, name FROM users WHERE id > 0;
