ALTER TABLE codes ADD COLUMN id bigserial;
