-- options: person=M307

ALTER TABLE orders DROP CONSTRAINT fk_orders_users;
ALTER TABLE orders ADD CONSTRAINT fk_orders_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT NOT VALID;
