CREATE TABLE cells (
	id uuid DEFAULT gen_random_uuid(),
	hall varchar(8) NOT NULL,
	slot integer NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_cells PRIMARY KEY (id),
	CONSTRAINT uq_cells_hall_slot UNIQUE (hall, slot)
);
CREATE TABLE pallets (
	id uuid DEFAULT gen_random_uuid(),
	hall varchar(8),
	slot integer,
	label varchar(20) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_pallets PRIMARY KEY (id),
	CONSTRAINT fk_pallets_cells FOREIGN KEY (hall, slot) REFERENCES cells (hall, slot) MATCH FULL ON DELETE RESTRICT
);
CREATE INDEX ix_pallets_hall_slot ON pallets (hall, slot);
