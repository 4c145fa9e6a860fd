CREATE TABLE accounts (
	id uuid DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_accounts PRIMARY KEY (id),
	CONSTRAINT uq_accounts_tenant_id_id UNIQUE (tenant_id, id)
);
CREATE TABLE bookings (
	id uuid DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL,
	account_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_bookings PRIMARY KEY (id),
	CONSTRAINT fk_bookings_accounts FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE RESTRICT,
	CONSTRAINT fk_bookings_accounts_tenant_id FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id) ON DELETE RESTRICT
);
CREATE INDEX ix_bookings_account_id_tenant_id ON bookings (account_id, tenant_id);
