CREATE TABLE a (id bigint PRIMARY KEY);
-- next file
-- atlas:txmode none

CREATE INDEX CONCURRENTLY ix_orders_status ON orders (status);
