-- Undo: create extension "pg_trgm"; create the tables tenants, categories, users, orders, products, order_items and product_categories.
SET LOCAL lock_timeout = '2s';

DROP TABLE "product_categories";
DROP TABLE "order_items";
DROP TABLE "products";
DROP TABLE "orders";
DROP TABLE "users";
DROP TABLE "categories";
DROP TABLE "tenants";

DROP EXTENSION IF EXISTS "pg_trgm";
