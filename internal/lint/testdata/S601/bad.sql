CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	phone1 varchar(30) NOT NULL,
	phone2 varchar(30) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
