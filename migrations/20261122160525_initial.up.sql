-- Create extension "pg_trgm"; create the tables tenants, categories, users, orders, products, order_items and product_categories.
SET LOCAL lock_timeout = '2s';

CREATE EXTENSION IF NOT EXISTS "pg_trgm";

CREATE TABLE "tenants" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "slug" character varying(63) NOT NULL,
  "name" character varying(200) NOT NULL,
  CONSTRAINT "pk_tenants" PRIMARY KEY ("id"),
  CONSTRAINT "ck_tenants_name" CHECK (name <> ''),
  CONSTRAINT "ck_tenants_slug" CHECK (slug <> '')
);

CREATE UNIQUE INDEX "uq_tenants_slug" ON "tenants" ("slug");

COMMENT ON TABLE "tenants" IS 'Tenant is a shop that runs on the platform; every other row belongs to one.';
COMMENT ON COLUMN "tenants"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "tenants"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "tenants"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "tenants"."slug" IS 'Name of the shop in addresses.';
COMMENT ON COLUMN "tenants"."name" IS 'Name of the shop as customers see it.';

CREATE TABLE "categories" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "name" character varying(120) NOT NULL,
  "parent_id" uuid NULL,
  "tenant_id" uuid NOT NULL,
  CONSTRAINT "pk_categories" PRIMARY KEY ("id"),
  CONSTRAINT "fk_categories_categories" FOREIGN KEY ("parent_id") REFERENCES "categories" ("id") ON DELETE RESTRICT,
  CONSTRAINT "fk_categories_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE RESTRICT,
  CONSTRAINT "ck_categories_name" CHECK (name <> '')
);

CREATE UNIQUE INDEX "uq_categories_tenant_id_name" ON "categories" ("tenant_id", "name");
CREATE INDEX "ix_categories_parent_id" ON "categories" ("parent_id");

COMMENT ON TABLE "categories" IS 'Category is a place in a tenant''s tree of products.';
COMMENT ON COLUMN "categories"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "categories"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "categories"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "categories"."name" IS 'Name of the category, unique in its tenant.';
COMMENT ON COLUMN "categories"."parent_id" IS 'The category above.';
COMMENT ON COLUMN "categories"."tenant_id" IS 'The tenant the row belongs to.';

CREATE TABLE "users" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "deleted_at" timestamptz NULL,
  "created_by" uuid NULL,
  "updated_by" uuid NULL,
  "email" character varying(320) NOT NULL,
  "name" character varying(200) NOT NULL,
  "password_hash" character varying(255) NOT NULL DEFAULT '',
  "role" character varying NOT NULL DEFAULT 'customer',
  "active" boolean NOT NULL DEFAULT true,
  "tenant_id" uuid NOT NULL,
  CONSTRAINT "pk_users" PRIMARY KEY ("id"),
  CONSTRAINT "fk_users_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE RESTRICT,
  CONSTRAINT "ck_users_email" CHECK (email <> ''),
  CONSTRAINT "ck_users_name" CHECK (name <> ''),
  CONSTRAINT "ck_users_role" CHECK (CAST(role AS text) IN ('customer', 'staff', 'admin'))
);

CREATE UNIQUE INDEX "uq_users_tenant_id_email" ON "users" ("tenant_id", "email") WHERE deleted_at IS NULL;
CREATE INDEX "ix_users_email" ON "users" ("email");
CREATE INDEX "ix_users_tenant_id_name" ON "users" ("tenant_id", "name") WHERE active AND deleted_at IS NULL;
CREATE INDEX "ix_users_tenant_id" ON "users" ("tenant_id");

COMMENT ON TABLE "users" IS 'User is a person known to a tenant: a customer or a member of staff.';
COMMENT ON COLUMN "users"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "users"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "users"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "users"."deleted_at" IS 'When the row was deleted.';
COMMENT ON COLUMN "users"."created_by" IS 'Who made the row.';
COMMENT ON COLUMN "users"."updated_by" IS 'Who last changed the row.';
COMMENT ON COLUMN "users"."email" IS 'Address the user signs in with, in lower case.';
COMMENT ON COLUMN "users"."name" IS 'Full name.';
COMMENT ON COLUMN "users"."password_hash" IS 'Hash of the password; empty where the user signs in elsewhere.';
COMMENT ON COLUMN "users"."role" IS 'What the user may do.';
COMMENT ON COLUMN "users"."active" IS 'Whether the user may sign in.';
COMMENT ON COLUMN "users"."tenant_id" IS 'The tenant the row belongs to.';

CREATE TABLE "orders" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "deleted_at" timestamptz NULL,
  "created_by" uuid NULL,
  "updated_by" uuid NULL,
  "version" bigint NOT NULL DEFAULT 1,
  "status" character varying NOT NULL DEFAULT 'draft',
  "total_cents" bigint NOT NULL DEFAULT 0,
  "placed_at" timestamptz NULL,
  "tenant_id" uuid NOT NULL,
  "customer_id" uuid NOT NULL,
  CONSTRAINT "pk_orders" PRIMARY KEY ("id"),
  CONSTRAINT "fk_orders_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE RESTRICT,
  CONSTRAINT "fk_orders_users" FOREIGN KEY ("customer_id") REFERENCES "users" ("id") ON DELETE RESTRICT,
  CONSTRAINT "ck_orders_status" CHECK (CAST(status AS text) IN ('draft', 'paid', 'shipped', 'cancelled')),
  CONSTRAINT "ck_orders_total_cents" CHECK (total_cents >= 0)
);

CREATE INDEX "ix_orders_tenant_id_customer_id_placed_at" ON "orders" ("tenant_id", "customer_id", "placed_at" DESC) WHERE deleted_at IS NULL;
CREATE INDEX "ix_orders_tenant_id_placed_at" ON "orders" ("tenant_id", "placed_at") WHERE deleted_at IS NULL;
CREATE INDEX "ix_orders_tenant_id" ON "orders" ("tenant_id");
CREATE INDEX "ix_orders_customer_id" ON "orders" ("customer_id");

COMMENT ON TABLE "orders" IS 'Order is a customer''s purchase.';
COMMENT ON COLUMN "orders"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "orders"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "orders"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "orders"."deleted_at" IS 'When the row was deleted.';
COMMENT ON COLUMN "orders"."created_by" IS 'Who made the row.';
COMMENT ON COLUMN "orders"."updated_by" IS 'Who last changed the row.';
COMMENT ON COLUMN "orders"."version" IS 'Raised by each update; an update made from an older version is refused.';
COMMENT ON COLUMN "orders"."status" IS 'How far the order has come.';
COMMENT ON COLUMN "orders"."total_cents" IS 'Sum of the items in cents.';
COMMENT ON COLUMN "orders"."placed_at" IS 'When the order was placed.';
COMMENT ON COLUMN "orders"."tenant_id" IS 'The tenant the row belongs to.';
COMMENT ON COLUMN "orders"."customer_id" IS 'The user who ordered.';

CREATE TABLE "products" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "deleted_at" timestamptz NULL,
  "created_by" uuid NULL,
  "updated_by" uuid NULL,
  "sku" character varying(64) NOT NULL,
  "name" character varying(200) NOT NULL,
  "description" character varying(10000) NOT NULL DEFAULT '',
  "price_cents" bigint NOT NULL,
  "attributes" jsonb NOT NULL DEFAULT '{}',
  "tenant_id" uuid NOT NULL,
  CONSTRAINT "pk_products" PRIMARY KEY ("id"),
  CONSTRAINT "fk_products_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE RESTRICT,
  CONSTRAINT "ck_products_name" CHECK (name <> ''),
  CONSTRAINT "ck_products_price_cents" CHECK (price_cents >= 0),
  CONSTRAINT "ck_products_sku" CHECK (sku <> '')
);

CREATE UNIQUE INDEX "uq_products_tenant_id_sku" ON "products" ("tenant_id", "sku") WHERE deleted_at IS NULL;
CREATE INDEX "ix_products_name" ON "products" USING GIN ("name" gin_trgm_ops);
CREATE INDEX "ix_products_attributes" ON "products" USING GIN ("attributes" jsonb_path_ops);
CREATE INDEX "ix_products_tenant_id" ON "products" ("tenant_id");

COMMENT ON TABLE "products" IS 'Product is something a tenant sells.';
COMMENT ON COLUMN "products"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "products"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "products"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "products"."deleted_at" IS 'When the row was deleted.';
COMMENT ON COLUMN "products"."created_by" IS 'Who made the row.';
COMMENT ON COLUMN "products"."updated_by" IS 'Who last changed the row.';
COMMENT ON COLUMN "products"."sku" IS 'Stock-keeping unit, unique among the tenant''s live products.';
COMMENT ON COLUMN "products"."name" IS 'Name as customers see it.';
COMMENT ON COLUMN "products"."description" IS 'Description as customers see it.';
COMMENT ON COLUMN "products"."price_cents" IS 'Price of one piece in cents.';
COMMENT ON COLUMN "products"."attributes" IS 'What the product is filtered by: colour, size, material.';
COMMENT ON COLUMN "products"."tenant_id" IS 'The tenant the row belongs to.';

CREATE TABLE "order_items" (
  "id" uuid NOT NULL DEFAULT (gen_random_uuid()),
  "created_at" timestamptz NOT NULL DEFAULT (now()),
  "updated_at" timestamptz NOT NULL DEFAULT (now()),
  "position" integer NOT NULL,
  "quantity" integer NOT NULL,
  "unit_price_cents" bigint NOT NULL,
  "order_id" uuid NOT NULL,
  "product_id" uuid NOT NULL,
  "tenant_id" uuid NOT NULL,
  CONSTRAINT "pk_order_items" PRIMARY KEY ("id"),
  CONSTRAINT "fk_order_items_orders" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE,
  CONSTRAINT "fk_order_items_products" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE RESTRICT,
  CONSTRAINT "fk_order_items_tenants" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON DELETE RESTRICT,
  CONSTRAINT "ck_order_items_position" CHECK (position > 0),
  CONSTRAINT "ck_order_items_quantity" CHECK (quantity > 0),
  CONSTRAINT "ck_order_items_unit_price_cents" CHECK (unit_price_cents >= 0)
);

CREATE UNIQUE INDEX "uq_order_items_tenant_id_order_id_position" ON "order_items" ("tenant_id", "order_id", "position");
CREATE INDEX "ix_order_items_order_id" ON "order_items" ("order_id");
CREATE INDEX "ix_order_items_product_id" ON "order_items" ("product_id");

COMMENT ON TABLE "order_items" IS 'OrderItem is one line of an order.';
COMMENT ON COLUMN "order_items"."id" IS 'Primary key, a UUID that grows with time.';
COMMENT ON COLUMN "order_items"."created_at" IS 'When the row was made.';
COMMENT ON COLUMN "order_items"."updated_at" IS 'When the row was last changed.';
COMMENT ON COLUMN "order_items"."position" IS 'Place of the line in its order, from 1.';
COMMENT ON COLUMN "order_items"."quantity" IS 'Number of pieces.';
COMMENT ON COLUMN "order_items"."unit_price_cents" IS 'Price of one piece in cents when it was ordered.';
COMMENT ON COLUMN "order_items"."order_id" IS 'The order the line is part of.';
COMMENT ON COLUMN "order_items"."product_id" IS 'The product ordered.';
COMMENT ON COLUMN "order_items"."tenant_id" IS 'The tenant the row belongs to.';

CREATE TABLE "product_categories" (
  "product_id" uuid NOT NULL,
  "category_id" uuid NOT NULL,
  CONSTRAINT "pk_product_categories" PRIMARY KEY ("product_id", "category_id"),
  CONSTRAINT "fk_product_categories_products" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE CASCADE,
  CONSTRAINT "fk_product_categories_categories" FOREIGN KEY ("category_id") REFERENCES "categories" ("id") ON DELETE CASCADE
);

CREATE INDEX "ix_product_categories_category_id" ON "product_categories" ("category_id");

COMMENT ON TABLE "product_categories" IS 'Join table of Product and Category (Product.categories).';
COMMENT ON COLUMN "product_categories"."product_id" IS 'The Product.';
COMMENT ON COLUMN "product_categories"."category_id" IS 'The Category.';
