CREATE TABLE scans (
	id uuid DEFAULT gen_random_uuid(),
	image bytea NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_scans PRIMARY KEY (id)
);
