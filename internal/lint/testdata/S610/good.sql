CREATE TABLE devices (
	id uuid DEFAULT gen_random_uuid(),
	first_seen timestamptz NOT NULL,
	last_seen timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	active boolean NOT NULL,
	paired boolean NOT NULL,
	CONSTRAINT pk_devices PRIMARY KEY (id)
);
