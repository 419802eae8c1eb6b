// Command release makes the repository ready for a version, and tries whether
// outsiders could use it. It pushes and tags nothing.
//
//	release prepare v0.1.0   set versions, freeze migrations, name the tags
//	release check            go get every module from a local proxy, and run it
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

// tried is the version that check gives the modules.
const tried = "v0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	root, err := command(ctx, ".", nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	switch {
	case len(args) == 2 && args[0] == "prepare":
		return prepareRelease(ctx, root, args[1])
	case len(args) == 1 && args[0] == "check":
		return check(ctx, root)
	}
	return fmt.Errorf("usage: release prepare VERSION, or release check; the arguments were %q", args)
}
