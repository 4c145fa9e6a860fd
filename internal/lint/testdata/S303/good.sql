CREATE TABLE visits (
	id uuid DEFAULT gen_random_uuid(),
	seen_at timestamptz NOT NULL,
	opens_at timestamp NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_visits PRIMARY KEY (id)
);
COMMENT ON COLUMN visits.opens_at IS 'Local time of the place, whatever its zone.';
