CREATE TABLE invoices (
	id uuid DEFAULT gen_random_uuid(),
	net_amount double precision NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_invoices PRIMARY KEY (id)
);
