SET search_path = shop;
CREATE TABLE a (id bigint PRIMARY KEY);
