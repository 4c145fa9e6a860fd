CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE invoices (
	id uuid DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_invoices PRIMARY KEY (id),
	CONSTRAINT fk_invoices_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX ix_invoices_user_id ON invoices (user_id);
