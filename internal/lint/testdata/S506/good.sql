CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE products (
	id uuid DEFAULT gen_random_uuid(),
	sku varchar(20) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_products PRIMARY KEY (id)
);
CREATE TABLE invoices (
	id uuid DEFAULT gen_random_uuid(),
	number bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_invoices PRIMARY KEY (id)
);
