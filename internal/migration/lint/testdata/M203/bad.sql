-- atlas:txmode none

ALTER TABLE orders ADD COLUMN channel text;
CREATE INDEX CONCURRENTLY ix_orders_channel ON orders (channel);
