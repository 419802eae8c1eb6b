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
		Org: "acme", ID: id, OccurredAt: at, Action: audit.Update, Object: audit.Object{Type: "api_key", ID: "42"},
		Actor: audit.Actor{Email: "dana@acme.test"}, IP: netip.MustParseAddr("203.0.113.24"), RequestID: "r-1",
	}
	anonymous := entry
	anonymous.Actor, anonymous.IP = audit.Actor{}, netip.Addr{}
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
		"as of itself":      {audit.Filter{AsOf: id}, true, true},
		"as of before":      {audit.Filter{AsOf: audit.FirstID(at.Add(-time.Microsecond))}, false, false},
		"one of actions":    {audit.Filter{Actions: []audit.Action{audit.Create, audit.Update}}, true, true},
		"type":              {audit.Filter{ObjectTypes: []string{"other"}}, false, false},
		"user":              {audit.Filter{Users: []string{"dana@acme.test"}}, true, false},
		"no user":           {audit.Filter{Users: []string{""}}, false, true},
		"record":            {audit.Filter{RecordID: "42"}, true, true},
		"record is exact":   {audit.Filter{RecordID: "4"}, false, false},
		"IP":                {audit.Filter{IP: prefix("203.0.113.24/32")}, true, false},
		"IP range":          {audit.Filter{IP: prefix("203.0.0.0/16")}, true, false},
		"IPv6 range":        {audit.Filter{IP: prefix("::/0")}, false, false},
		"request":           {audit.Filter{RequestID: "r-2"}, false, false},
		"parent":            {audit.Filter{Parent: audit.Object{Type: "account", ID: "7"}}, false, false},
		"not action":        {audit.Filter{NotActions: []audit.Action{audit.Update}}, false, false},
		"not type":          {audit.Filter{NotObjectTypes: []string{"api_key"}}, false, false},
		"not user":          {audit.Filter{NotUsers: []string{"dana@acme.test"}}, false, true},
		"not IP":            {audit.Filter{NotIPs: []netip.Prefix{prefix("10.0.0.0/8"), prefix("203.0.113.0/24")}}, false, true},
		"fields all hold":   {audit.Filter{Users: []string{"dana@acme.test"}, RecordID: "1"}, false, false},
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
	assert.Equal(t, []string{"action", "object_type", "parent_type", "from", "not_ip"}, fields)
}

func TestFilterWhere(t *testing.T) {
	t.Parallel()
	f := audit.Filter{
		Org: "acme", From: time.Date(2026, 1, 2, 0, 0, 0, 1, time.UTC), Users: []string{"a@acme.test", ""}, RecordID: "42",
		IP: netip.MustParsePrefix("10.0.0.0/8"), NotIPs: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, NotActions: []audit.Action{"x?"},
	}
	where, err := f.Where(audit.PostgreSQL, "e")
	require.NoError(t, err)
	sql, args, err := where.ToSql()
	require.NoError(t, err)
	assert.Equal(t, "(e.org_id = ? AND e.id >= ? AND (e.action < ? OR e.action > ?) AND e.actor_email IN (?,?) AND e.object_sort = ? AND e.ip_key BETWEEN ? AND ? AND e.ip_key NOT BETWEEN ? AND ?)", sql)
	assert.Equal(t, []any{"acme", "019b7c01-0400-7001-8000-000000000000", "x?", "x?", "a@acme.test", "", "n00242", "40a000000", "40affffff", "40a010000", "40a01ffff"}, args)
	_, err = audit.Filter{}.Where(audit.PostgreSQL, "e")
	assert.ErrorIs(t, err, audit.ErrNoOrg)
}
