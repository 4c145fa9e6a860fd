CREATE TABLE visits (
	id uuid DEFAULT gen_random_uuid(),
	seen_at timestamptz NOT NULL DEFAULT now(),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_visits PRIMARY KEY (id)
);
