//go:build unix

package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cluster is the test's PostgreSQL server, with fsync on as by default.
type cluster struct {
	bin, dir, url string
	port          int
	as            *syscall.Credential // nil: as whom the test runs
}

// newCluster makes and starts one, or skips the test where the server's
// programs are not found.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{bin: postgresBin(t)}
	var err error
	c.dir, err = os.MkdirTemp("", "audit-faults-") // not t.TempDir: only root can enter its parents
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if os.Getuid() == 0 { // which the server refuses to be
		account, err := user.Lookup("postgres")
		if err != nil {
			account, err = user.Lookup("nobody")
		}
		require.NoError(t, err)
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		require.NoError(t, err)
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(c.dir, int(uid), int(gid)))
	}
	// Others on the machine can reach the port, so there is a password.
	password := fmt.Sprintf("%016x", rand.Uint64())
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "password"), []byte(password), 0o644))
	require.NoError(t, c.run("initdb", "-D", "data", "-U", "postgres", "--auth=password", "--pwfile=password", "--encoding=UTF8", "--locale=C", "--no-sync"))
	config, err := os.OpenFile(filepath.Join(c.dir, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = config.WriteString("\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nrestart_after_crash = on\n")
	require.NoError(t, err)
	require.NoError(t, config.Close())
	t.Cleanup(func() { _ = c.stop() })
	for range 10 { // the server itself finds out whether a port is free
		c.port = 20000 + rand.IntN(10000)
		if err = c.start(); err == nil {
			break
		}
	}
	require.NoError(t, err)
	c.url = fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", password, c.port)
	return c
}

// postgresBin finds the folder of the server's programs, as scripts/postgres.sh
// does.
func postgresBin(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("AUDIT_TEST_POSTGRES_BIN"); bin != "" {
		return bin
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		initdb, err = filepath.EvalSymlinks(initdb)
		require.NoError(t, err)
		return filepath.Dir(initdb)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	if len(found) == 0 {
		t.Skip("no initdb: AUDIT_TEST_POSTGRES_BIN may name its folder")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1])
}

func (c *cluster) run(program string, args ...string) error {
	command := exec.Command(filepath.Join(c.bin, program), args...)
	command.Dir = c.dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	// Not through a pipe, which the server would keep open.
	output, err := os.Create(c.dir + "/output")
	if err != nil {
		return err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	if err := command.Run(); err != nil {
		words, _ := os.ReadFile(output.Name())
		return fmt.Errorf("running %s: %w: %s", program, err, words)
	}
	return nil
}

func (c *cluster) start() error {
	return c.run("pg_ctl", "-D", "data", "-l", "server.log", "-o", fmt.Sprintf("-p %d", c.port), "-w", "-t", "60", "start")
}

// stop stops the server like a crash: it writes nothing down any more.
func (c *cluster) stop() error { return c.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop") }

// TestServerCrashes stops the server at once, again and again, under hosts that
// have their other faults too.
func TestServerCrashes(t *testing.T) {
	if !isLong() {
		t.Skip("stops a PostgreSQL server of its own again and again; set AUDIT_TEST_LONG=1")
	}
	t.Parallel()
	c := newCluster(t)
	seed, lasting := faultSeed(t), faultTime(t, 0, 20*time.Second)
	f := newField(t, c.url)
	done, crashes := make(chan struct{}), 0
	go func() {
		defer close(done)
		for until := time.Now().Add(lasting); time.Now().Before(until); crashes++ {
			time.Sleep(500*time.Millisecond + time.Duration(rand.IntN(1000))*time.Millisecond)
			if err := c.stop(); err != nil {
				t.Error(err)
			}
			if err := c.start(); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	f.run(t, 6, lasting, func(number int) *plan {
		return newPlan(seed, number, postgresWays, []string{terminated, "reset after COMMIT"})
	})
	<-done
	t.Logf("the server crashed %d times", crashes)
	f.side.Reset()
	f.check(t)
}
