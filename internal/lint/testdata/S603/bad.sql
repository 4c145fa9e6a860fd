CREATE TABLE teams (
	id uuid DEFAULT gen_random_uuid(),
	member_ids varchar(2000) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_teams PRIMARY KEY (id)
);
