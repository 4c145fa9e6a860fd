-- options: dir=drift

CREATE TABLE a (id bigint PRIMARY KEY);
