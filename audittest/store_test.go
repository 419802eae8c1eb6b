package audittest_test

import (
	"context"
	"testing"

	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Backend {
		store := audittest.NewStore()
		return storetest.Backend{
			Store: store,
			Begin: func(context.Context) (storetest.Transaction, error) {
				tx := store.Begin()
				return storetest.Transaction{Tx: tx, Commit: tx.Commit, Rollback: tx.Rollback}, nil
			},
		}
	})
}
