CREATE TABLE seats (
	id uuid DEFAULT gen_random_uuid(),
	hall varchar(8) NOT NULL,
	row_label varchar(4),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_seats PRIMARY KEY (id),
	CONSTRAINT uq_seats_hall_row_label UNIQUE (hall, row_label)
);
