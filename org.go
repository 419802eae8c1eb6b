package audit

import (
	"context"

	"github.com/auditkeep/audit/internal/stored"
)

// In returns a Log that records and reads for one organization, whatever the
// context and Config.Org say. It is a cheap copy over the same store, so it can
// be made for each call: log.In("acme").Entry(ctx, id).
//
// A [Filter] that names another organization is an error that wraps
// [ErrInvalidFilter]. If org is empty, every call fails with [ErrNoOrg].
func (l *Log) In(org string) *Log {
	scoped := *l
	scoped.scope = &org
	return &scoped
}

// orgOf returns the organization that a call is for: that of In and of the
// filter, else the context's, else the configured one.
func (l *Log) orgOf(ctx context.Context, filtered string) (string, error) {
	fromContext, _ := OrgFrom(ctx)
	candidates := []string{filtered, fromContext, l.config.Org}
	if l.scope != nil {
		if filtered != "" && *l.scope != "" && filtered != *l.scope {
			return "", invalidFilter("Filter.Org", filtered, "not the organization of Log.In, which is "+stored.Quote(*l.scope), "name one organization")
		}
		candidates = []string{*l.scope}
	}
	for _, org := range candidates {
		if org == "" {
			continue
		}
		if problem := stored.Problem(org, stored.Org); problem != "" {
			return "", invalidFilter("Filter.Org", org, problem, "give the organization's stable key")
		}
		return org, nil
	}
	return "", ErrNoOrg
}

func (l *Log) fillOrg(ctx context.Context, f *Filter) (err error) {
	f.Org, err = l.orgOf(ctx, f.Org)
	return err
}
