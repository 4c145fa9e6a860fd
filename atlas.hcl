// The project file, read by plinth and by the atlas CLI alike.

variable "url" {
  type        = string
  default     = getenv("DATABASE_URL")
  description = "The database that migrations are applied to."
}

env "local" {
  // The desired state: written by `go generate ./ent` from ent/schema. plinth reads the Ent schema itself.
  src = "file://ent/migrate/schema.sql"
  url = var.url
  // An ephemeral PostgreSQL. plinth finds or starts one; for the atlas CLI give the URL of an empty database.
  dev = getenv("DEV_URL") != "" ? getenv("DEV_URL") : "docker://postgres/15/dev?search_path=public"

  migration {
    dir = "file://migrations?format=golang-migrate"
  }
}
