-- options: dir=sum

CREATE TABLE a (id bigint PRIMARY KEY);
