CREATE TABLE sensors (
	id uuid DEFAULT gen_random_uuid(),
	serial_no varchar(30) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_sensors PRIMARY KEY (id)
);
CREATE TABLE meters (
	id uuid DEFAULT gen_random_uuid(),
	serial_no bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_meters PRIMARY KEY (id)
);
