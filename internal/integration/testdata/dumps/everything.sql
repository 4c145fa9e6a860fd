-- A schema with one of everything that PostgreSQL knows and Atlas does not.
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE SCHEMA audit;
CREATE SCHEMA "Odd Schema";

CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE audit.kind AS ENUM ('insert', 'update');
CREATE TYPE money_amount AS (cents bigint, currency char(3));
CREATE DOMAIN email AS varchar(320) CONSTRAINT has_at CHECK (VALUE LIKE '%@%') NOT NULL;
CREATE SEQUENCE ticket_numbers START WITH 1000 INCREMENT BY 5;

CREATE FUNCTION slugify(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(replace(t, ' ', '-')) $$;
CREATE FUNCTION join_strings(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(a || ', ', '') || b $$;
CREATE AGGREGATE joined(text) (SFUNC = join_strings, STYPE = text);

CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) CONSTRAINT pk_people PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  mail email,
  feeling mood DEFAULT 'happy',
  feelings mood[],
  slug text GENERATED ALWAYS AS (slugify(name)) STORED,
  born date CHECK (born > '1900-01-01'),
  price money_amount,
  boss bigint,
  CONSTRAINT fk_people_people FOREIGN KEY (boss) REFERENCES people (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_people_mail UNIQUE (mail)
);
COMMENT ON TABLE people IS 'who''s who; "quoted"';
COMMENT ON COLUMN people.feeling IS 'how they are
on two lines';
CREATE INDEX ix_people_name ON people USING gin (name gin_trgm_ops);
CREATE INDEX ix_people_lower ON people (lower(name), born DESC NULLS LAST) WHERE feeling <> 'sad';
CREATE UNIQUE INDEX uq_people_slug ON people (slug) INCLUDE (name);
CREATE INDEX ix_people_born ON people USING brin (born) WITH (pages_per_range = 32);
COMMENT ON INDEX uq_people_slug IS 'one address each';

CREATE TABLE "Odd Schema"."Odd Table" (
  "Select" serial,
  "from" integer DEFAULT nextval('ticket_numbers'),
  person bigint NOT NULL REFERENCES people ON UPDATE CASCADE ON DELETE CASCADE,
  at tstzrange NOT NULL,
  CHECK ("Select" > 0),
  CONSTRAINT no_overlap EXCLUDE USING gist (person WITH =, at WITH &&)
);

CREATE TABLE audit.log (
  id integer NOT NULL,
  happened timestamptz NOT NULL DEFAULT now(),
  kind audit.kind NOT NULL,
  who bigint,
  PRIMARY KEY (id, happened)
) PARTITION BY RANGE (happened);
CREATE SEQUENCE audit.log_ids OWNED BY audit.log.id;
ALTER TABLE audit.log ALTER COLUMN id SET DEFAULT nextval('audit.log_ids');
CREATE TABLE audit.log_2025 PARTITION OF audit.log FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE audit.log_rest PARTITION OF audit.log DEFAULT;
CREATE INDEX ON audit.log (who);
CREATE INDEX log_2025_kind ON audit.log_2025 (kind);
ALTER TABLE audit.log_2025 ADD CONSTRAINT fk_log_2025_people FOREIGN KEY (who) REFERENCES people (id);

CREATE TABLE parents (a integer NOT NULL);
CREATE TABLE children (b integer) INHERITS (parents);

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit.log (kind, who) VALUES ('update', NEW.id); -- a ; in the body
  RETURN NEW;
END
$$;
CREATE TRIGGER people_touch AFTER UPDATE OF name ON people FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touch();
CREATE FUNCTION bosses() RETURNS SETOF people LANGUAGE sql STABLE AS $$ SELECT p.* FROM people p WHERE boss IS NULL $$;

CREATE VIEW happy WITH (security_barrier = true) AS SELECT id, name FROM people WHERE feeling = 'happy';
CREATE VIEW happy_names AS SELECT joined(name) AS names FROM happy;
CREATE MATERIALIZED VIEW moods AS SELECT feeling, count(*) AS n FROM people GROUP BY feeling;
CREATE UNIQUE INDEX uq_moods_feeling ON moods (feeling);
CREATE RULE no_delete AS ON DELETE TO parents DO INSTEAD NOTHING;

ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON people FOR SELECT USING (name = current_user);
CREATE POLICY writers ON people AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (feeling <> 'sad');
CREATE STATISTICS people_stats (dependencies) ON name, born FROM people;
