-- options: dir=edited

CREATE TABLE a (id bigint PRIMARY KEY);
