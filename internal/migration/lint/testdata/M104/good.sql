-- options: also=M503

ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total >= 0) NOT VALID;
-- next file
ALTER TABLE orders VALIDATE CONSTRAINT ck_orders_total;
