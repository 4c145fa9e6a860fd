CREATE TABLE a (id bigint PRIMARY KEY);
CREATE INDEX CONCURRENTLY ix_orders_status ON orders (status);
