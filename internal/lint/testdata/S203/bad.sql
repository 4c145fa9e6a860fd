CREATE TABLE visits (
	id uuid DEFAULT gen_random_uuid(),
	page varchar(200) NOT NULL,
	at timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_visits PRIMARY KEY (id)
);
CREATE INDEX ix_visits_page ON visits (page);
CREATE INDEX ix_visits_page_at ON visits (page, at);
