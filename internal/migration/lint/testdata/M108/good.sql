-- options: also=M503

CREATE TABLE bookings (room int, CONSTRAINT ex_bookings_room EXCLUDE USING btree (room WITH =));
