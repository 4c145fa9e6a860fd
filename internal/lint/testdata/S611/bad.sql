CREATE TABLE remarks (
	id uuid DEFAULT gen_random_uuid(),
	subject_type varchar(20) NOT NULL,
	subject_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_remarks PRIMARY KEY (id)
);
