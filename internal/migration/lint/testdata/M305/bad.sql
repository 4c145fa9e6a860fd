DROP VIEW members;
