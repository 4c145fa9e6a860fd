CREATE TABLE boxes (
	id uuid DEFAULT gen_random_uuid(),
	north integer NOT NULL,
	east integer NOT NULL,
	south integer NOT NULL,
	west integer NOT NULL,
	up integer NOT NULL,
	down integer NOT NULL,
	left_side integer NOT NULL,
	right_side integer NOT NULL,
	front integer NOT NULL,
	back integer NOT NULL,
	above integer NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_boxes PRIMARY KEY (id)
);
CREATE INDEX ix_boxes_north_east ON boxes (north, east) INCLUDE (south, west);
