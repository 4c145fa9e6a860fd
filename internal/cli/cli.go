// Package cli is plinth's command line: one file a command, each of which binds flags, makes one call into the
// package that does the work, and renders the answer. It is the only package that knows files given by a user,
// colours and exit codes. stdout carries data, stderr decoration.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes of every command (the atlas face has the atlas CLI's own).
const (
	ExitOK       = 0 // done, nothing to report
	ExitFailure  = 1 // the work failed
	ExitUsage    = 2 // usage or precondition: bad file, bad flag, unreachable database
	ExitConsent  = 3 // consent missing or declined
	ExitFindings = 4 // findings at or above the chosen severity
	ExitDiffers  = 5 // a --check found a difference: drift, pending, stale
)

// exitError carries the exit code a command ends with. A nil Err exits without a message: the command has
// already said everything.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit ends a command with code; err, when not nil, is printed to stderr.
func exit(code int, err error) error { return &exitError{code: code, err: err} }

// usagef is a mistake in what the user gave: exit 2.
func usagef(format string, args ...any) error {
	return &exitError{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// streams are the process's standard streams, as given to Main.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line args (args[0] is the program's name) and returns the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(stderr, "%s: this is a defect of plinth, not of your project: %v\n", args[0], v)
			fmt.Fprintln(stderr, "set PLINTH_TRACE=1 to see where, and report it with the command you ran")
			if os.Getenv("PLINTH_TRACE") != "" {
				stderr.Write(debug.Stack())
			}
			code = ExitFailure
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer useDevServers()()
	root := newRoot(streams{in: stdin, out: stdout, err: stderr})
	root.SetArgs(faceArgs(args))
	return report(root.ExecuteContext(ctx), stderr)
}

// faceArgs are the arguments after the program's name. A binary that is called atlas is the command of that name.
func faceArgs(args []string) []string {
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if name == "atlas" {
		return append([]string{"atlas"}, args[1:]...)
	}
	return args[1:]
}

// report prints what is left to say of err and gives the exit code for it.
func report(err error, stderr io.Writer) int {
	if err == nil {
		return ExitOK
	}
	var e *exitError
	if !errors.As(err, &e) {
		fmt.Fprintln(stderr, strings.TrimSpace(err.Error()))
		if strings.HasPrefix(err.Error(), "unknown command") { // cobra's own, of no type
			return ExitUsage
		}
		return ExitFailure
	}
	if e.err != nil {
		fmt.Fprintln(stderr, e.err)
	}
	return e.code
}

// newRoot is the command tree. A new command is one file and one line here.
func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "plinth",
		Short:         "From requirements to a PostgreSQL database a demanding DBA would sign off",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit(ExitUsage, err) })
	root.Version = version()
	root.SetVersionTemplate("plinth {{.Version}}\n")
	root.AddCommand(commands(s)...)
	usageArgs(root)
	return root
}

// usageArgs makes a wrong number of arguments a mistake in the usage, for every command.
func usageArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if e := (*exitError)(nil); err == nil || errors.As(err, &e) {
				return err
			}
			return usagef("%w; see %s --help", err, cmd.CommandPath())
		}
	}
	for _, sub := range c.Commands() {
		usageArgs(sub)
	}
}

// version is the module's version as the build recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
