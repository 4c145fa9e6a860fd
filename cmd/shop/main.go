// Command shop is the reference application of plinth: an online shop of several tenants that works through the
// generated repositories.
//
//	shop demo [--url URL]            places, lists, deletes and restores, and says what it does
//	shop seed --rows N [--url URL]   fills a database with N orders
//
// Without --url both use a throwaway PostgreSQL that is gone afterwards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, as those of plinth.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `usage: shop demo [--url URL] [--migrations DIR]
       shop seed --rows N [--url URL] [--migrations DIR]
`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	var o options
	flags := flag.NewFlagSet("shop "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	flags.StringVar(&o.url, "url", "", "the database, postgres://…; empty means a throwaway one")
	flags.StringVar(&o.migrations, "migrations", "migrations", "directory of the migrations")
	rows := flags.Int("rows", 10_000, "number of orders to make (seed)")
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitOK
		}
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "shop: unknown argument %q\n%s", flags.Arg(0), usage)
		return exitUsage
	}
	var err error
	switch args[0] {
	case "demo":
		err = withShop(ctx, o, stderr, func(s *shop) error { return demo(ctx, s, stdout) })
	case "seed":
		if *rows <= 0 {
			fmt.Fprintln(stderr, "shop: --rows has to be greater than 0")
			return exitUsage
		}
		err = withShop(ctx, o, stderr, func(s *shop) error { return seed(ctx, s, *rows, stdout, stderr) })
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return exitOK
	default:
		fmt.Fprintf(stderr, "shop: unknown command %q\n%s", args[0], usage)
		return exitUsage
	}
	var setup *setupError
	switch {
	case errors.As(err, &setup):
		fmt.Fprintln(stderr, "shop:", err)
		return exitUsage
	case err != nil:
		fmt.Fprintln(stderr, "shop:", err)
		return exitFailure
	}
	return exitOK
}
