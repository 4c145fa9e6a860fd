//go:build linux || darwin || freebsd

package devdb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

// TestChild is the body of the processes that TestNothingIsLeft starts; by itself it does nothing.
func TestChild(t *testing.T) {
	how := os.Getenv("DEVDB_TEST_CHILD")
	if how == "" {
		return
	}
	fmt.Println("\nSTARTING")
	s, err := devdb.Start(context.Background(), devdb.Options{CacheDir: os.Getenv("DEVDB_TEST_CACHE"), BinDir: os.Getenv("DEVDB_TEST_BIN"),
		RunDir: os.Getenv("DEVDB_TEST_RUN")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.NewDatabase(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec("CREATE TABLE t (id int)"); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nDATA %s\n", s.DataDir())
	switch how {
	case "close":
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(s.DataDir())); err == nil {
			t.Error("Close left the directory")
		}
	case "keep":
		fmt.Printf("REMOVE %s\n", s.Keep())
	case "fail":
		t.Error("failing")
	case "panic":
		panic("on purpose")
	case "wait":
		time.Sleep(time.Minute)
	}
}

func TestNothingIsLeft(t *testing.T) {
	for _, c := range []struct {
		name, how string
		signal    syscall.Signal
	}{
		{"success", "close", 0},
		{"no close", "return", 0},
		{"failure", "fail", 0},
		{"panic", "panic", 0},
		{"interrupt", "wait", syscall.SIGINT},
		{"kill", "wait", syscall.SIGKILL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data, pid, _ := child(t, c.how, c.signal, "")
			gone(t, data, pid)
		})
	}
}

func TestTwoAtOnceOnAnEmptyCache(t *testing.T) {
	cache := t.TempDir()
	var wg sync.WaitGroup
	dirs := make([]string, 3)
	for i := range dirs {
		wg.Go(func() { dirs[i], _, _ = child(t, "close", 0, cache) })
	}
	wg.Wait()
	if dirs[0] == dirs[1] || dirs[1] == dirs[2] {
		t.Errorf("shared a directory: %v", dirs)
	}
	kept, err := filepath.Glob(filepath.Join(cache, "cluster", "*"))
	if err != nil || len(kept) != 1 {
		t.Errorf("the cache holds %v, %v; want one cluster", kept, err)
	}
}

// TestKilledWhileStarting kills processes at every stage of starting a server, with an empty cache so that initdb runs.
func TestKilledWhileStarting(t *testing.T) {
	dir := openDir(t)
	for after := 0 * time.Millisecond; after < 700*time.Millisecond; after += 175 * time.Millisecond {
		cmd := childCommand(t, "wait", "-")
		cmd.Env = append(cmd.Env, "DEVDB_TEST_RUN="+dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for scan := bufio.NewScanner(stdout); scan.Scan() && scan.Text() != "STARTING"; {
		}
		time.Sleep(after)
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
	eventually(t, "the directories to go", func() bool {
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		return err == nil && len(left) == 0
	})
	out, err := exec.Command("ps", "-eo", "args").Output()
	if err == nil && strings.Contains(string(out), dir) {
		t.Errorf("processes are left:\n%s", out)
	}
}

// TestOrdinaryUser runs a server as a user other than root, without a home directory.
func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // every other test shows it
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	exe := filepath.Join(openDir(t), "devdb.test")
	if out, err := exec.Command("cp", os.Args[0], exe).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := childCommand(t, "close", "")
	cmd.Path, cmd.Dir = exe, "/"
	cmd.Env = append(cmd.Env, "HOME=", "XDG_CACHE_HOME=", "PLINTH_CACHE_DIR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLibpqVariables sets what would send a client of PostgreSQL elsewhere.
func TestLibpqVariables(t *testing.T) {
	cmd := childCommand(t, "close", "")
	cmd.Env = append(cmd.Env, "PGHOST=192.0.2.1", "PGPORT=1", "PGUSER=nobody", "PGDATABASE=none", "PGPASSWORD=x", "PGSSLMODE=verify-full",
		"PGDATA=/none", "PGCONNECT_TIMEOUT=1", "PGTZ=Asia/Tokyo", "PGSSLROOTCERT=/none")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestKeep(t *testing.T) {
	data, pid, out := child(t, "keep", 0, "")
	if _, err := os.Stat(data); err != nil || syscall.Kill(pid, 0) != nil {
		t.Errorf("not kept: %v\n%s", err, out)
	}
	_, remove, _ := strings.Cut(out, "REMOVE ")
	remove, _, _ = strings.Cut(remove, "\n")
	if out, err := exec.Command("sh", "-c", remove).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", remove, err, out)
	}
	gone(t, data, pid)
}

// openDir is a directory that every user may use, with a short path.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "devdb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func childCommand(t *testing.T, how, cache string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), "DEVDB_TEST_CHILD="+how, "DEVDB_TEST_CACHE="+cache, "DEVDB_TEST_BIN="+devdbtest.Server(t).BinDir())
	return cmd
}

// child runs TestChild in a process of its own, sends it the signal when its server runs, and waits for its end. The
// whole process group gets the signal, as from a terminal.
func child(t *testing.T, how string, signal syscall.Signal, cache string) (data string, pid int, out string) {
	t.Helper()
	cmd := childCommand(t, how, cache)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(stdout)
	for scan.Scan() {
		out += scan.Text() + "\n"
		if d, ok := strings.CutPrefix(scan.Text(), "DATA "); ok {
			data = d
			if b, err := os.ReadFile(filepath.Join(data, "postmaster.pid")); err == nil {
				pid, _ = strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
			}
			if signal != 0 {
				if err := syscall.Kill(-cmd.Process.Pid, signal); err != nil {
					t.Error(err)
				}
			}
		}
	}
	err = cmd.Wait()
	if data == "" {
		t.Fatalf("the child said: %v\n%s", err, out)
	}
	if how == "close" && err != nil {
		t.Errorf("the child failed: %v\n%s", err, out)
	}
	return data, pid, out
}

// gone checks that no process and no directory of a private server is left.
func gone(t *testing.T, data string, pid int) {
	t.Helper()
	eventually(t, "directory "+filepath.Dir(data)+" to go", func() bool {
		_, err := os.Stat(filepath.Dir(data))
		return os.IsNotExist(err)
	})
	if pid != 0 {
		eventually(t, "the server to end", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}
