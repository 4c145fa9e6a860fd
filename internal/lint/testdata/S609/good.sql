-- plinth:allow S407 because the list never changes
CREATE TABLE colours (
	code varchar(20) CONSTRAINT pk_colours PRIMARY KEY,
	rgb integer NOT NULL
);
