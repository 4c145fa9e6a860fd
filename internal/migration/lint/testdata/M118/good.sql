ALTER TABLE events_old ADD CONSTRAINT ck_bound CHECK (at >= '2024-01-01' AND at < '2025-01-01') NOT VALID;
-- next file
ALTER TABLE events_old VALIDATE CONSTRAINT ck_bound;
-- next file
ALTER TABLE events ATTACH PARTITION events_old FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE events_old DROP CONSTRAINT ck_bound;
