//go:build unix

package devdb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
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
	s, err := devdb.Start(context.Background(), devdb.Options{CacheDir: os.Getenv("DEVDB_TEST_CACHE"), BinDir: os.Getenv("DEVDB_TEST_BIN")})
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

// child runs TestChild in a process of its own, sends it the signal when its server runs, and waits for its end. The
// whole process group gets the signal, as from a terminal.
func child(t *testing.T, how string, signal syscall.Signal, cache string) (data string, pid int, out string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), "DEVDB_TEST_CHILD="+how, "DEVDB_TEST_CACHE="+cache, "DEVDB_TEST_BIN="+devdbtest.Server(t).BinDir())
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
