package cli

import (
	"bytes"
	"fmt"
	"text/template"
)

// fill executes one of the project's templates.
func fill(name, text string, in scaffold) ([]byte, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, in); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// projectFiles are the files of a new project that do not come from its requirements. PROGRAM in a path is the
// program's name.
var projectFiles = map[string]string{
	"ent/generate.go": `// Package ent is the typed client of {{.Name}}. The schemas in ent/schema are written, everything else in this folder is
// generated from them.
package ent

{{"//"}}go:generate go tool plinth generate ./schema{{if not .Postgres}} --dialect sqlite3{{end}}
`,

	"cmd/PROGRAM/main.go": `// Command {{.Program}} connects to the database and says so.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
{{- if .Postgres}}
	_ "github.com/lib/pq"
{{- else}}
	_ "modernc.org/sqlite"
{{- end}}

	"{{.Module}}/ent"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	client, err := open(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Println("connected")
	return nil
}

// open connects to the database and gives the typed client on it.
func open(ctx context.Context, url string) (*ent.Client, error) {
	if url == "" {
		return nil, fmt.Errorf("opening the database: DATABASE_URL is not set")
	}
{{- if .Postgres}}
	db, err := sql.Open("postgres", url)
{{- else}}
	db, err := sql.Open("sqlite", url)
{{- end}}
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
{{- if .Postgres}}
	return ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db))), nil
{{- else}}
	return ent.NewClient(ent.Driver(entsql.OpenDB(dialect.SQLite, db))), nil
{{- end}}
}
`,

	"internal/doc.go": `// Package internal holds what only {{.Name}} uses. Generated repositories go to internal/repository.
package internal
`,

	"atlas.hcl": `// The project file, read by plinth and by the atlas CLI alike.

variable "url" {
  type        = string
  default     = getenv("DATABASE_URL")
  description = "The database that migrations are applied to."
}

env "local" {
  // The desired state, written by "go generate ./ent" from ent/schema. plinth reads the Ent schema itself.
  src = "file://ent/migrate/schema.sql"
  url = var.url
{{- if .Postgres}}
  // An ephemeral PostgreSQL. plinth finds or starts one; for the atlas CLI give the URL of an empty database.
  dev = getenv("DEV_URL") != "" ? getenv("DEV_URL") : "docker://postgres/15/dev?search_path=public"
{{- else}}
  dev = "sqlite://dev?mode=memory&_fk=1"
{{- end}}

  migration {
    dir = "file://migrations?format=golang-migrate"
  }
}
`,

	"Makefile": `# {{.Name}}. make help lists the targets.

GO ?= go

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: generate
generate: ## Regenerate the client after a change of ent/schema
	$(GO) generate ./ent

.PHONY: diff
diff: ## Plan a migration: make diff NAME=add_orders
	$(GO) tool plinth migrate diff $(NAME)

.PHONY: verify
verify: ## Every check, on a throwaway database
	$(GO) tool plinth verify

.PHONY: build
build: ## Build the program
	$(GO) build ./...

.PHONY: test
test: ## Run the tests
	$(GO) vet ./...
	$(GO) test ./...
`,

	".github/workflows/ci.yml": `name: ci
on: [push, pull_request]
jobs:
  verify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-go@v5
        with:
          go-version-file: go.mod
{{- if .Postgres}}
      - run: sudo apt-get update -q && sudo apt-get install -q -y --no-install-recommends postgresql
{{- end}}
      - run: make build test
      - run: make generate && git diff --exit-code
      - run: make verify
`,

	".gitignore": `/bin/
*.test
*.out
*.db
`,

	"README.md": "# {{.Name}}\n\n" + `The database's design stands in ` + "`ent/schema`" + `; everything else is made from it. Two commands to know:

` + "```sh\ngo generate ./ent        # the typed client and the desired state, after a change of ent/schema\ngo tool plinth verify    # every check on a throwaway database: migrations up, down, up; drift; design rules; tests\n```" + `

The daily loop:

` + "```sh\n$EDITOR ent/schema/user.go            # or requirements.yaml, then: go tool plinth design requirements.yaml\ngo generate ./ent\ngo tool plinth migrate diff NAME      # writes migrations/*.up.sql and *.down.sql\ngo tool plinth verify\ngo tool plinth migrate apply --url \"$DATABASE_URL\"\n```" + `

| where | what |
| --- | --- |
| ` + "`requirements.yaml`" + ` | what the database must serve: entities, queries, volumes |
| ` + "`ent/schema`" + ` | the design, written by hand or by ` + "`plinth design`" + ` |
| ` + "`ent`" + ` | the generated client |
| ` + "`migrations`" + ` | versioned migrations, up and down |
| ` + "`cmd/{{.Program}}`" + ` | the program |
| ` + "`atlas.hcl`" + ` | the project file |
`,
}
