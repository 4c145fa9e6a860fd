-- options: timeouts=none

ALTER TABLE orders ADD COLUMN channel text;
