// Command plinth takes a Go team from requirements to a PostgreSQL database: Ent schemas, reversible
// Atlas migrations, repositories, and a machine check for every design rule.
package main

import (
	"os"

	"github.com/plinth-go/plinth/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
