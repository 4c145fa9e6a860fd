CREATE TABLE surveys (
	id uuid DEFAULT gen_random_uuid(),
	answers integer[] NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_surveys PRIMARY KEY (id)
);
