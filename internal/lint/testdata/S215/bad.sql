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
CREATE INDEX ix_boxes_north ON boxes (north);
CREATE INDEX ix_boxes_east ON boxes (east);
CREATE INDEX ix_boxes_south ON boxes (south);
CREATE INDEX ix_boxes_west ON boxes (west);
CREATE INDEX ix_boxes_up ON boxes (up);
CREATE INDEX ix_boxes_down ON boxes (down);
CREATE INDEX ix_boxes_left_side ON boxes (left_side);
CREATE INDEX ix_boxes_right_side ON boxes (right_side);
CREATE INDEX ix_boxes_front ON boxes (front);
CREATE INDEX ix_boxes_back ON boxes (back);
CREATE INDEX ix_boxes_above ON boxes (above);
