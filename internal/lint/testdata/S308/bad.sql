CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE visits (
	id uuid DEFAULT gen_random_uuid(),
	feeling mood NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_visits PRIMARY KEY (id)
);
