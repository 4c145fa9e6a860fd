-- options: dir

CREATE TABLE a (id bigint PRIMARY KEY);
