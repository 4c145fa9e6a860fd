-- The schema that every example starts from, unless it has one of its own.
CREATE SCHEMA shop;
CREATE TYPE order_status AS ENUM ('draft', 'paid', 'shipped');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN label AS varchar(100);
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(200) NOT NULL,
  name text,
  age integer CONSTRAINT ck_users_age CHECK (age >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  nickname varchar(50),
  score numeric(10, 2)
);
CREATE UNIQUE INDEX uq_users_email ON users (email);
CREATE INDEX ix_users_name ON users (name);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL CONSTRAINT fk_orders_users REFERENCES users (id) ON DELETE CASCADE,
  parent_id bigint,
  status order_status NOT NULL DEFAULT 'draft',
  total bigint NOT NULL DEFAULT 0,
  note text
);
CREATE INDEX ix_orders_user_id ON orders (user_id);
CREATE TABLE codes (code text, label text);
CREATE UNIQUE INDEX uq_codes_code ON codes (code);
CREATE TABLE events (at timestamptz NOT NULL, body text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_old (at timestamptz NOT NULL, body text);
CREATE VIEW members AS SELECT id FROM users WHERE id > 0;
CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE UNIQUE INDEX uq_totals_user_id ON totals (user_id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr_users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
