CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	CONSTRAINT pk_users PRIMARY KEY (id)
);
