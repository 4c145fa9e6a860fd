-- atlas:txmode none

CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_orders_status ON orders (status);
