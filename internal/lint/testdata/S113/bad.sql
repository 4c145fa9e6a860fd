CREATE TABLE folders (
	id uuid DEFAULT gen_random_uuid(),
	owner varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_folders PRIMARY KEY (id),
	CONSTRAINT fk_folders_folders FOREIGN KEY (id) REFERENCES folders (id) ON DELETE RESTRICT
);
