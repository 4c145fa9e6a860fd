-- options: also=M503

ALTER TABLE orders ADD CONSTRAINT ex_orders_id EXCLUDE USING btree (id WITH =);
