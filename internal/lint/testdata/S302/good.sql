CREATE TABLE currencies (
	id uuid DEFAULT gen_random_uuid(),
	code varchar(3) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_currencies PRIMARY KEY (id),
	CONSTRAINT ck_currencies_code CHECK (char_length(code) = 3)
);
