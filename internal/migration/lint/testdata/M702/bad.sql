-- options: dir=order

CREATE TABLE a (id bigint PRIMARY KEY);
