CREATE TABLE invoices (
	id uuid DEFAULT gen_random_uuid(),
	serial_number bigserial NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_invoices PRIMARY KEY (id)
);
