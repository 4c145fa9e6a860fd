CREATE TABLE shelves (
	id uuid DEFAULT gen_random_uuid(),
	warehouse varchar(8) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_shelves PRIMARY KEY (id),
	CONSTRAINT uq_shelves_id_warehouse UNIQUE (id, warehouse)
);
CREATE TABLE boxes (
	id uuid DEFAULT gen_random_uuid(),
	shelf_id uuid NOT NULL,
	warehouse varchar(8) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_boxes PRIMARY KEY (id),
	CONSTRAINT fk_boxes_shelves FOREIGN KEY (shelf_id) REFERENCES shelves (id) ON DELETE RESTRICT,
	CONSTRAINT fk_boxes_shelves_warehouse FOREIGN KEY (shelf_id, warehouse) REFERENCES shelves (id, warehouse) ON DELETE RESTRICT
);
CREATE INDEX ix_boxes_shelf_id_warehouse ON boxes (shelf_id, warehouse);
