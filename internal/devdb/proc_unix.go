//go:build linux || darwin || freebsd

package devdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dirPrefix begins the name of every private cluster's directory.
const dirPrefix = "plinth-pg-"

// wantRoom is the free space that a memory file system must have to be preferred.
const wantRoom = 1 << 30

// user is who runs the server: PostgreSQL refuses root.
type user struct {
	name     string
	uid, gid int // -1: the user of this process
}

// runAs is the user for the server's processes.
func runAs() (user, error) {
	if os.Geteuid() != 0 {
		return user{name: "this user", uid: -1, gid: -1}, nil
	}
	for _, name := range []string{"postgres", "nobody", "daemon"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return user{name: name, uid: uid, gid: gid}, nil
		}
	}
	return user{}, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as; create one, or run as an ordinary user")
}

// apply makes cmd run as u, in a session of its own so that a terminal's signals do not reach it.
func (u user) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if u.uid >= 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.gid)}
	}
}

// own gives path to u.
func (u user) own(path string) error {
	if u.uid < 0 {
		return nil
	}
	return os.Lchown(path, u.uid, u.gid)
}

// trusted refuses a file that somebody other than root and this user could have written.
func trusted(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if s, ok := st.Sys().(*syscall.Stat_t); ok && s.Uid != 0 && int(s.Uid) != os.Geteuid() || st.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s belongs to another user", f.Name())
	}
	return nil
}

// makeDir makes the private directory of a cluster, and the lock that is held for as long as anything in it runs.
func makeDir(base string, who user) (dir string, lock *os.File, err error) {
	bases := []string{os.TempDir(), "/tmp", "/var/tmp"}
	if room("/dev/shm") > wantRoom {
		bases = append([]string{"/dev/shm"}, bases...)
	}
	if base != "" {
		bases = []string{base}
	}
	var errs []error
	for _, base := range bases {
		if len(base) > 60 {
			errs = append(errs, fmt.Errorf("%s: too long a path for a socket", base)) // which has at most 103 bytes
			continue
		}
		sweep(base)
		dir, lock, err = makeDirIn(base, who)
		if err == nil {
			return dir, lock, nil
		}
		errs = append(errs, err)
	}
	return "", nil, errors.Join(errs...)
}

func makeDirIn(base string, who user) (dir string, lock *os.File, err error) {
	dir, err = os.MkdirTemp(base, dirPrefix)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", nil, err
	}
	if err = who.own(dir); err != nil {
		return "", nil, err
	}
	if who.uid >= 0 { // can it get there at all?
		cmd := exec.Command("/bin/sh", "-c", `cd "$1" && : >log`, "sh", dir)
		cmd.Dir = "/"
		who.apply(cmd)
		if out, runErr := cmd.CombinedOutput(); runErr != nil {
			err = fmt.Errorf("user %s cannot use %s: %s", who.name, base, strings.TrimSpace(string(out)))
			return "", nil, err
		}
	}
	return dir, lock, nil
}

// sweep removes what killed machines and killed watchdogs left in base: directories of ours that nothing holds.
func sweep(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, dirPrefix+"*"))
	for _, dir := range dirs {
		st, err := os.Stat(dir)
		if err != nil || time.Since(st.ModTime()) < time.Minute {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = f.Close()
	}
}

// room is the free space at path in bytes, 0 if there is none to be had.
func room(path string) uint64 {
	var st syscall.Statfs_t
	if syscall.Statfs(path, &st) != nil {
		return 0
	}
	return uint64(st.Bavail) * uint64(st.Bsize)
}

// watchdogScript obeys lines on its standard input and, when that ends, stops the server and removes the directory.
// Descriptor 3 holds the directory's lock, 4 is open for as long as the server lives.
const watchdogScript = `
dir=$1; pid=; keep=
trap '' HUP INT QUIT TERM PIPE
cd /
while IFS= read -r verb; do
  case $verb in
  run) . "$dir/command" </dev/null >>"$dir/log" 2>&1 3>&- 4>&-; echo $? ;;
  launch) . "$dir/command" </dev/null >>"$dir/log" 2>&1 & pid=$!; exec 4>&-; echo "$pid" ;;
  keep) keep=1; echo kept ;;
  esac
done
[ -n "$keep" ] && exit 0
if [ -n "$pid" ]; then kill -QUIT "$pid" 2>/dev/null; wait "$pid"; fi
exec 3>&-
n=0
while rm -rf "$dir" 2>/dev/null; [ -e "$dir" ] && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done
`

// watchdog is the process that starts the server and outlives this one just long enough to clean up.
type watchdog struct {
	dir     string
	cmd     *exec.Cmd
	in      *os.File
	replies *bufio.Reader
	died    chan struct{} // closed when the server has ended
	kept    bool
}

func startWatchdog(dir string, lock *os.File, who user) (*watchdog, error) {
	defer lock.Close()
	alive, aliveW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer aliveW.Close()
	inR, in, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	defer inR.Close()
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "plinth-watchdog", dir)
	cmd.Dir, cmd.Env = "/", environ()
	cmd.Stdin = inR
	cmd.ExtraFiles = []*os.File{lock, aliveW}
	who.apply(cmd)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the watchdog: %w", err), alive.Close(), in.Close())
	}
	w := &watchdog{dir: dir, cmd: cmd, in: in, replies: bufio.NewReader(out), died: make(chan struct{})}
	go func() {
		defer alive.Close()
		_, _ = alive.Read(make([]byte, 1))
		close(w.died)
	}()
	return w, nil
}

// say sends a line and returns the watchdog's answer.
func (w *watchdog) say(verb string) (string, error) {
	if _, err := w.in.WriteString(verb + "\n"); err != nil {
		return "", fmt.Errorf("talking to the watchdog: %w", err)
	}
	line, err := w.replies.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("talking to the watchdog: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// command leaves args for the watchdog to run.
func (w *watchdog) command(prefix string, args []string) error {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return os.WriteFile(filepath.Join(w.dir, "command"), []byte(prefix+strings.Join(quoted, " ")+"\n"), 0o644)
}

// run runs a command to its end and returns its exit code. It is not interrupted: the next thing to happen to the
// watchdog does that.
func (w *watchdog) run(ctx context.Context, args []string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := w.command("", args); err != nil {
		return "", err
	}
	return w.say("run")
}

// launch starts the server.
func (w *watchdog) launch(args []string) error {
	if err := w.command("exec ", args); err != nil {
		return err
	}
	_, err := w.say("launch")
	return err
}

// keep makes the watchdog leave everything as it is when this process ends.
func (w *watchdog) keep() {
	_, err := w.say("keep")
	w.kept = err == nil
}

// close ends the server and waits until everything is gone.
func (w *watchdog) close() error {
	_ = w.in.Close()
	if err := w.cmd.Wait(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return err
		}
	}
	return nil
}
