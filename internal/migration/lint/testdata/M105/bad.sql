-- options: also=M503

ALTER TABLE orders ADD CONSTRAINT fk_orders_parent FOREIGN KEY (parent_id) REFERENCES orders (id) ON DELETE SET NULL;
