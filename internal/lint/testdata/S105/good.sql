CREATE TABLE countries (
	iso_code varchar(2) NOT NULL,
	title varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_countries PRIMARY KEY (iso_code)
);
