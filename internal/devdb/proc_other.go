//go:build !(linux || darwin || freebsd)

package devdb

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

var errNoPrivate = errors.New("a private PostgreSQL server needs a Unix system; give a server with --dev-url or PLINTH_DEV_URL")

type user struct{ name string }

func runAs() (user, error)                           { return user{}, errNoPrivate }
func (user) apply(*exec.Cmd)                         {}
func (user) own(string) error                        { return nil }
func trusted(*os.File) error                         { return nil }
func makeDir(string, user) (string, *os.File, error) { return "", nil, errNoPrivate }

type watchdog struct{ died chan struct{} }

func startWatchdog(string, *os.File, user) (*watchdog, error)   { return nil, errNoPrivate }
func (*watchdog) run(context.Context, []string) (string, error) { return "", errNoPrivate }
func (*watchdog) launch([]string) error                         { return errNoPrivate }
func (*watchdog) keep()                                         {}
func (*watchdog) close() error                                  { return nil }
