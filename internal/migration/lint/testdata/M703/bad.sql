-- options: dir=name

CREATE TABLE a (id bigint PRIMARY KEY);
