package httpui

import (
	"context"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/words"
)

// reader asks the log, and the host's hooks, for what a screen shows.
type reader struct {
	trail   *audit.Log
	words   *words.Catalogue
	present *presenter
	urls    *parser
	now     func() time.Time

	recordURL func(ctx context.Context, objects []audit.Object) map[audit.Object]string
	users     func(ctx context.Context) ([]string, error)
	exports   Exports
}
