-- plinth:allow M305 because nothing reads it
DROP VIEW members;
