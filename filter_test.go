package audit_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func TestFilterMatch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC)
	id := audit.FirstID(at)
	entry := audit.Entry{
		Org: "acme", ID: id, OccurredAt: at, Action: audit.ActionUpdate, Object: audit.Object{Type: "api_key", ID: "42"},
		Actor: audit.Actor{Kind: audit.ActorUser, ID: "7", Email: "dana@acme.test"}, IP: netip.MustParseAddr("203.0.113.24"), RequestID: "r-1", Source: audit.SourceApp,
	}
	anonymous := entry
	anonymous.Actor, anonymous.IP, anonymous.Source = audit.Actor{}, netip.Addr{}, ""
	prefix := netip.MustParsePrefix
	for name, tc := range map[string]struct {
		filter           audit.Filter
		entry, anonymous bool
	}{
		"everything":        {audit.Filter{}, true, true},
		"another org":       {audit.Filter{Org: "other"}, false, false},
		"from is included":  {audit.Filter{From: at}, true, true},
		"from after":        {audit.Filter{From: at.Add(1)}, false, false},
		"until is excluded": {audit.Filter{Until: at}, false, false},
		"until after":       {audit.Filter{Until: at.Add(1)}, true, true},
		"as of itself":      {audit.Filter{NotAfter: id}, true, true},
		"as of before":      {audit.Filter{NotAfter: audit.FirstID(at.Add(-time.Microsecond))}, false, false},
		"one of actions":    {audit.Filter{Actions: []audit.Action{audit.ActionCreate, audit.ActionUpdate}}, true, true},
		"type":              {audit.Filter{ObjectTypes: []string{"other"}}, false, false},
		"user":              {audit.Filter{ActorEmails: []string{"dana@acme.test"}}, true, false},
		"no user":           {audit.Filter{ActorEmails: []string{""}}, false, true},
		"record":            {audit.Filter{ObjectIDs: []string{"42"}}, true, true},
		"record is exact":   {audit.Filter{ObjectIDs: []string{"4"}}, false, false},
		"several records":   {audit.Filter{ObjectIDs: []string{"4", "42"}}, true, true},
		"actor ID":          {audit.Filter{ActorIDs: []string{"7", "x"}}, true, false},
		"no actor ID":       {audit.Filter{ActorIDs: []string{""}}, false, true},
		"actor kinds":       {audit.Filter{ActorKinds: []audit.ActorKind{audit.ActorUser, audit.ActorSystem}}, true, false},
		"another kind":      {audit.Filter{ActorKinds: []audit.ActorKind{audit.ActorSystem}}, false, false},
		"source":            {audit.Filter{Sources: []audit.Source{audit.SourceApp}}, true, false},
		"another source":    {audit.Filter{Sources: []audit.Source{audit.SourceTrigger, audit.SourceImport}}, false, false},
		"one of IPs":        {audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.0/8"), prefix("203.0.113.24/32")}}, true, false},
		"IP":                {audit.Filter{IPs: []netip.Prefix{prefix("203.0.113.24/32")}}, true, false},
		"IP range":          {audit.Filter{IPs: []netip.Prefix{prefix("203.0.0.0/16")}}, true, false},
		"IPv6 range":        {audit.Filter{IPs: []netip.Prefix{prefix("::/0")}}, false, false},
		"request":           {audit.Filter{RequestID: "r-2"}, false, false},
		"parent":            {audit.Filter{Parent: audit.Object{Type: "account", ID: "7"}}, false, false},
		"not action":        {audit.Filter{NotActions: []audit.Action{audit.ActionUpdate}}, false, false},
		"not type":          {audit.Filter{NotObjectTypes: []string{"api_key"}}, false, false},
		"not user":          {audit.Filter{NotActorEmails: []string{"dana@acme.test"}}, false, true},
		"not IP":            {audit.Filter{NotIPs: []netip.Prefix{prefix("10.0.0.0/8"), prefix("203.0.113.0/24")}}, false, true},
		"fields all hold":   {audit.Filter{ActorEmails: []string{"dana@acme.test"}, ObjectIDs: []string{"1"}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.filter.Org == "" {
				tc.filter.Org = "acme"
			}
			require.NoError(t, tc.filter.Validate())
			assert.Equal(t, tc.entry, tc.filter.Match(entry), "entry")
			assert.Equal(t, tc.anonymous, tc.filter.Match(anonymous), "anonymous entry")
		})
	}
}

func TestFilterValidate(t *testing.T) {
	t.Parallel()
	assert.ErrorIs(t, audit.Filter{}.Validate(), audit.ErrNoOrg)
	now := time.Now()
	err := audit.Filter{
		Org: "acme", From: now, Until: now, ObjectTypes: []string{"\xff"}, Parent: audit.Object{Type: strings.Repeat("1", 256)},
		Actions: make([]audit.Action, audit.MaxFilterValues+1), NotIPs: []netip.Prefix{{}},
	}.Validate()
	require.ErrorIs(t, err, audit.ErrInvalidFilter)
	var fields []string
	for _, f := range audit.FieldErrors(err) {
		fields = append(fields, f.Field)
		assert.NotEmpty(t, f.Remedy)
	}
	assert.Equal(t, []string{"Filter.Actions", "Filter.ObjectTypes", "Filter.Parent.Type", "Filter.NotIPs", "Filter.From"}, fields)
}

func TestFilterWhere(t *testing.T) {
	t.Parallel()
	f := audit.Filter{
		Org: "acme", From: time.Date(2026, 1, 2, 0, 0, 0, 1, time.UTC), ActorEmails: []string{"a@acme.test", ""}, ObjectIDs: []string{"42"},
		IPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, NotIPs: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, NotActions: []audit.Action{"x?"},
	}
	where, err := f.Where(audit.PostgreSQL, "e")
	require.NoError(t, err)
	sql, args, err := where.ToSql()
	require.NoError(t, err)
	assert.Equal(t, "(e.org_id = ? AND e.id >= ? AND (e.action < ? OR e.action > ?) AND e.object_sort = ? AND e.actor_email IN (?,?) AND e.ip_key BETWEEN ? AND ? AND e.ip_key NOT BETWEEN ? AND ?)", sql)
	assert.Equal(t, []any{"acme", "019b7c01-0400-7001-8000-000000000000", "x?", "x?", "n00242", "a@acme.test", "", "40a000000", "40affffff", "40a010000", "40a01ffff"}, args)
	_, err = audit.Filter{}.Where(audit.PostgreSQL, "e")
	assert.ErrorIs(t, err, audit.ErrNoOrg)
}
