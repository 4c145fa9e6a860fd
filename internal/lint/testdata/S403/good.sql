CREATE TABLE notes (
	id uuid DEFAULT gen_random_uuid(),
	title varchar(80) NOT NULL,
	body varchar(2000),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_notes PRIMARY KEY (id)
);
