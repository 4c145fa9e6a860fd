-- options: on

ALTER TABLE orders ADD CHECK (total >= 0) NOT VALID;
