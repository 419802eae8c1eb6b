// Quickstart is a small admin application with an audit log: API keys, security
// groups and end users that can be created, edited and destroyed, and the page
// that shows who did so. It needs only Go:
//
//	go run ./examples/quickstart
//
// Two files are made to be copied into your application: app.go with the store,
// the log, the middleware and the page, and crud.go, which records a change in
// its own transaction.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "the address to listen on")
	db := flag.String("db", "", "a SQLite file, or a postgres:// URL (default a temporary file)")
	seed := flag.Int("seed", 5000, "how many entries to make up in an empty log, spread over the last 90 days")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "quickstart: there is no argument %q; see -help\n", flag.Arg(0))
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *db, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, dsn string, entries int) error {
	if entries < 0 || entries > maxSeed {
		return fmt.Errorf("-seed is %d: give 0 to %d", entries, maxSeed)
	}
	listener, err := net.Listen("tcp", addr) // before the seed, which takes its time
	if err != nil {
		return fmt.Errorf("listening: %w; choose another address with -addr", err)
	}
	defer listener.Close()
	db, err := openDatabase(ctx, dsn)
	if err != nil {
		return err
	}
	defer db.close()
	app, err := newApp(db)
	if err != nil {
		return err
	}
	if err := app.seed(ctx, entries, os.Stderr); err != nil {
		return fmt.Errorf("seeding: %w", err)
	}
	fmt.Printf("Signed in as %s. The Audit Logs page: http://%s/admin/audit-logs/\n", demoUsers[0].Email, listener.Addr())

	server := &http.Server{Handler: app.handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		shutdown, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(shutdown)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
