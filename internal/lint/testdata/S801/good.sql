CREATE TABLE documents (
	id uuid DEFAULT gen_random_uuid(),
	title varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_documents PRIMARY KEY (id)
);
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON documents USING (title = (SELECT current_setting('app.title')));
