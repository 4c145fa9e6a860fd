CREATE TABLE visits (
	id uuid DEFAULT gen_random_uuid(),
	feeling varchar(8) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_visits PRIMARY KEY (id),
	CONSTRAINT ck_visits_feeling CHECK (feeling IN ('good', 'bad'))
);
