CREATE TABLE posts (
	id uuid DEFAULT gen_random_uuid(),
	title varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_posts PRIMARY KEY (id)
);
CREATE TABLE photos (
	id uuid DEFAULT gen_random_uuid(),
	caption varchar(80) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_photos PRIMARY KEY (id)
);
CREATE TABLE remarks (
	id uuid DEFAULT gen_random_uuid(),
	post_id uuid,
	photo_id uuid,
	body varchar(500) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_remarks PRIMARY KEY (id),
	CONSTRAINT fk_remarks_posts FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
	CONSTRAINT fk_remarks_photos FOREIGN KEY (photo_id) REFERENCES photos (id) ON DELETE CASCADE,
	CONSTRAINT ck_remarks_one_subject CHECK (num_nonnulls(post_id, photo_id) = 1)
);
CREATE INDEX ix_remarks_post_id ON remarks (post_id);
CREATE INDEX ix_remarks_photo_id ON remarks (photo_id);
