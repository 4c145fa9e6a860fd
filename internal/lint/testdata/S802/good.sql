CREATE TABLE documents (
	id uuid DEFAULT gen_random_uuid(),
	title varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_documents PRIMARY KEY (id)
);
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS 'SELECT count(*) FROM public.documents';
