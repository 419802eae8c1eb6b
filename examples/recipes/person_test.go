package recipes_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// exportPerson writes what somebody did in an organization, under any of their
// emails, as JSON Lines or CSV.
func (h host) exportPerson(ctx context.Context, w io.Writer, format export.Format, org string, emails ...string) error {
	filter := audit.Filter{Org: org, ActorEmails: emails}
	order := audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}
	asked := audit.Performed("export", audit.Object{Type: "user", ID: emails[0]}).WithComment("GDPR, article 15")
	if err := h.trail.RecordDetached(audit.WithOrg(ctx, org), asked); err != nil {
		return err
	}
	_, err := format.Write(w, h.trail.All(ctx, filter, order), export.Report{Filter: filter, Sort: order})
	return err
}

// exportAbout writes the history of the record that is about them.
func (h host) exportAbout(ctx context.Context, w io.Writer, org string, user audit.Object) error {
	_, err := export.JSONLines.Write(w, h.trail.In(org).History(ctx, user), export.Report{})
	return err
}

func TestExportOfAPerson(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	const many = 1200 // more than are read at once
	var events []audit.Event
	for i := range many {
		events = append(events, audit.Performed("login", audit.Object{Type: "user", ID: fmt.Sprint(i)}))
	}
	for _, who := range []struct{ org, email string }{
		{"acme", "dana@acme.test"}, {"acme", "omar@acme.test"}, {"globex", "dana@acme.test"},
	} {
		require.NoError(t, h.trail.RecordDetached(as(t.Context(), who.org, who.email), events...))
	}
	require.NoError(t, h.trail.RecordDetached(as(t.Context(), "acme", "dana.old@acme.test"), events[0]))
	ctx := as(t.Context(), audit.PlatformOrg, "privacy@support.test")

	var lines bytes.Buffer
	require.NoError(t, h.exportPerson(ctx, &lines, export.JSONLines, "acme", "dana@acme.test", "dana.old@acme.test"))
	read := 0
	for decoder := json.NewDecoder(&lines); decoder.More(); read++ {
		var e audit.Entry
		require.NoError(t, decoder.Decode(&e))
		require.Contains(t, []string{"dana@acme.test", "dana.old@acme.test"}, e.Actor.Email)
		require.Equal(t, "203.0.113.7", e.IP.String())
	}
	assert.Equal(t, many+1, read, "of this organization alone")
	told := h.last(t, "acme")
	assert.Equal(t, "export user dana@acme.test privacy@support.test", fmt.Sprint(told.Action, " ", told.Object, " ", told.Actor.Email))

	var table bytes.Buffer
	require.NoError(t, h.exportPerson(ctx, &table, export.CSV, "acme", "dana@acme.test"))
	records, err := csv.NewReader(&table).ReadAll()
	require.NoError(t, err)
	assert.Len(t, records, 1+many, "a header and the entries")

	key, err := h.createKey(as(t.Context(), "acme", "omar@acme.test"), "ci")
	require.NoError(t, err)
	lines.Reset()
	require.NoError(t, h.exportAbout(ctx, &lines, "acme", audit.Object{Type: "api_key", ID: fmt.Sprint(key.ID)}))
	assert.Equal(t, 1, strings.Count(lines.String(), "\n"))
	assert.Contains(t, lines.String(), "omar@acme.test", "what others did to it is in it, and who they are")
}
