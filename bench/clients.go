package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// clients is how many write at once.
const clients = 16

// measureClients counts what many clients write in each of the ways. The ways
// take turns of a moment each, in an order drawn anew every round; a round's
// ratios are pairs.
func measureClients(ctx context.Context, b *bench) error {
	h, err := b.theHost(ctx)
	if err != nil {
		return err
	}
	all := ways()[:5]
	hosts := []*host{h, h, h, h, h, h.triggered()}
	all = append(all, way{triggeredName, unaudited})
	rates := make([][]float64, len(all))
	for i, w := range all { // connections and statements become known
		if _, err := rate(ctx, hosts[i], w, b.scale.clientTurn/4); err != nil {
			return err
		}
	}
	for round := range b.scale.clientRounds {
		for _, i := range b.random.Perm(len(all)) {
			perSecond, err := rate(ctx, hosts[i], all[i], b.scale.clientTurn)
			if err != nil {
				return fmt.Errorf("running %q: %w", all[i].name, err)
			}
			rates[i] = append(rates[i], perSecond)
		}
		b.progress.show("rounds of all ways", round+1, b.scale.clientRounds)
	}
	t := b.report.table(fmt.Sprintf("Recording by %d clients at once", clients), "way", "changes/s", "× unaudited")
	for i, w := range all {
		t.row(w.name, spreadOf(rates[i]), pairedRatio(rates[i], rates[0]))
	}
	for _, held := range []struct {
		way   int
		what  string
		limit float64
	}{
		{1, "16 clients, one pipeline", 0.95},
		{3, "16 clients, caller's transaction, queued", 0.65},
	} {
		b.report.measured(goal{ID: "A3", What: held.what, Of: "unaudited changes a second", Limit: held.limit, AtLeast: true},
			pairedRatio(rates[held.way], rates[0]), "")
	}
	return nil
}

// rate is how many changes a second the clients make.
func rate(ctx context.Context, h *host, w way, turn time.Duration) (float64, error) {
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for client := range clients {
		group.Go(func() error {
			for time.Since(begin) < turn {
				if err := w.do(ctx, h, client); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return float64(done.Load()) / time.Since(begin).Seconds(), nil
}
