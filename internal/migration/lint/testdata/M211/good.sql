-- options: timeouts=none

SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '30s';
-- plinth:allow M101 because the table is read-only tonight
CREATE INDEX ix_orders_status ON orders (status);
