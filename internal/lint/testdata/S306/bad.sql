CREATE TABLE pages (
	id uuid DEFAULT gen_random_uuid(),
	view_count integer NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_pages PRIMARY KEY (id)
);
