ALTER TYPE order_status ADD VALUE 'cancelled';
ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'cancelled';
