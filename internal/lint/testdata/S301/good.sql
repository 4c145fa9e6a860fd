CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email text NOT NULL,
	login varchar(40) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id),
	CONSTRAINT ck_users_email_len CHECK (char_length(email) <= 320)
);
