-- options: also=M503

ALTER TABLE codes ADD CONSTRAINT pk_codes PRIMARY KEY USING INDEX uq_codes_code;
