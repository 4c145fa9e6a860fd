-- options: dir=nodown

CREATE TABLE a (id bigint PRIMARY KEY);
