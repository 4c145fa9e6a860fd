-- plinth:allow M109 M503 because the table is read-only tonight
ALTER TABLE users ALTER COLUMN name SET NOT NULL, ALTER COLUMN nickname SET NOT NULL;
