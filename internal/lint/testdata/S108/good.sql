CREATE TABLE books (
	id uuid DEFAULT gen_random_uuid(),
	isbn varchar(13) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_books PRIMARY KEY (id),
	CONSTRAINT uq_books_isbn UNIQUE (isbn)
);
CREATE TABLE copies (
	id uuid DEFAULT gen_random_uuid(),
	book_isbn varchar(13) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_copies PRIMARY KEY (id),
	CONSTRAINT fk_copies_books FOREIGN KEY (book_isbn) REFERENCES books (isbn) ON DELETE RESTRICT
);
CREATE INDEX ix_copies_book_isbn ON copies (book_isbn);
