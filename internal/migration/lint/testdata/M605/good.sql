-- options: on

-- A table for the letter a, which every alphabet needs.
CREATE TABLE a (id bigint PRIMARY KEY);
