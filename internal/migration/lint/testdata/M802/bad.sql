DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id bigint)', 'a'); END $$;
