CREATE TABLE shifts (
	id uuid DEFAULT gen_random_uuid(),
	site_code varchar(8) NOT NULL,
	starts_at timestamptz NOT NULL,
	bay smallint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_shifts PRIMARY KEY (id),
	CONSTRAINT uq_shifts_site_code_starts_at_bay UNIQUE (site_code, starts_at, bay)
);
