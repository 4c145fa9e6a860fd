-- options: dir=roundtrip

CREATE TABLE a (id bigint PRIMARY KEY);
CREATE TABLE b (id bigint PRIMARY KEY);
-- down:
-- DROP TABLE a;
