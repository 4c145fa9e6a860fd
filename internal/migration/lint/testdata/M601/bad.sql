-- options: on

CREATE TABLE a (id bigint PRIMARY KEY);
