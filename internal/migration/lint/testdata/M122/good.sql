-- plinth:allow M307 because users are never deleted
ALTER TABLE orders DROP CONSTRAINT fk_orders_users;
