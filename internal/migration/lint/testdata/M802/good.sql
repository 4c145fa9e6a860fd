DO $$ BEGIN CREATE TABLE a (id bigint); END $$;
