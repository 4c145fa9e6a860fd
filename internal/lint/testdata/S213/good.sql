CREATE TABLE articles (
	id uuid DEFAULT gen_random_uuid(),
	attributes jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_articles PRIMARY KEY (id)
);
CREATE INDEX ix_articles_attributes ON articles USING gin (attributes);
