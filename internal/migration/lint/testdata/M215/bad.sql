-- options: on

ALTER TABLE orders ADD COLUMN channel text;
