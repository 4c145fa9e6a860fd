CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE orders (
	id uuid DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_orders PRIMARY KEY (id),
	CONSTRAINT fk_orders_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_orders_user_id ON orders (user_id);
