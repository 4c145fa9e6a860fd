ALTER TABLE orders ADD COLUMN channel text;
-- next file
-- atlas:txmode none

CREATE INDEX CONCURRENTLY ix_orders_channel ON orders (channel);
