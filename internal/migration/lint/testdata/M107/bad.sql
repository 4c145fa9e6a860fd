-- options: also=M502,M503

ALTER TABLE codes ADD CONSTRAINT pk_codes PRIMARY KEY (code);
