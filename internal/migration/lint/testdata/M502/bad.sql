-- plinth:allow M101 because the table is read-only tonight
CREATE UNIQUE INDEX uq_users_nickname ON users (nickname);
