ALTER TABLE codes ADD COLUMN id bigint;
CREATE SEQUENCE codes_id_seq;
ALTER TABLE codes ALTER COLUMN id SET DEFAULT nextval('codes_id_seq');
