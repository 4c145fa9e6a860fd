CREATE TABLE devices (
	id uuid DEFAULT gen_random_uuid(),
	active boolean NOT NULL,
	first_seen timestamptz NOT NULL,
	paired boolean NOT NULL,
	last_seen timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_devices PRIMARY KEY (id)
);
