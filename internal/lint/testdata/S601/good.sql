CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE user_phones (
	id uuid DEFAULT gen_random_uuid(),
	user_id uuid NOT NULL,
	phone varchar(30) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_user_phones PRIMARY KEY (id),
	CONSTRAINT fk_user_phones_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX ix_user_phones_user_id ON user_phones (user_id);
CREATE TABLE addresses (
	id uuid DEFAULT gen_random_uuid(),
	address_line1 varchar(80) NOT NULL,
	address_line2 varchar(80) NOT NULL,
	sha256 varchar(64) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_addresses PRIMARY KEY (id)
);
