-- options: also=M503

ALTER TABLE users ALTER COLUMN name SET NOT NULL;
