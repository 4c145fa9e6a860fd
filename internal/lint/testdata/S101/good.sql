CREATE TABLE readings (
	id uuid DEFAULT gen_random_uuid(),
	sensor varchar(40) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_readings PRIMARY KEY (id)
);
