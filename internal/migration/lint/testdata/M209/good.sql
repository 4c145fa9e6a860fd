ALTER TYPE order_status ADD VALUE 'cancelled';
-- next file
ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'cancelled';
