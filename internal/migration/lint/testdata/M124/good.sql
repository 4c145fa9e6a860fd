-- options: also=M503

ALTER TABLE codes ADD CONSTRAINT ck_codes_code CHECK (code IS NOT NULL) NOT VALID;
-- next file
ALTER TABLE codes VALIDATE CONSTRAINT ck_codes_code;
-- next file
ALTER TABLE codes ALTER COLUMN code SET NOT NULL;
ALTER TABLE codes DROP CONSTRAINT ck_codes_code;
-- next file
ALTER TABLE codes ADD CONSTRAINT pk_codes PRIMARY KEY USING INDEX uq_codes_code;
