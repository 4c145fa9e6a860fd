CREATE TABLE surveys (
	id uuid DEFAULT gen_random_uuid(),
	tags varchar(20)[] NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_surveys PRIMARY KEY (id)
);
CREATE INDEX ix_surveys_tags ON surveys USING gin (tags);
