CREATE TABLE shifts (
	site_code varchar(8) NOT NULL,
	starts_at timestamptz NOT NULL,
	bay smallint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_shifts PRIMARY KEY (site_code, starts_at, bay)
);
