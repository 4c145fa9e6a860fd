CREATE TABLE articles (
	id uuid DEFAULT gen_random_uuid(),
	attributes json NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_articles PRIMARY KEY (id)
);
