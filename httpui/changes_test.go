package httpui_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// cellOf shows an entry alone and returns a cell of its row.
func cellOf(t *testing.T, options httpui.Options, column audit.Column, e audit.Entry) string {
	t.Helper()
	rows := get(t, newUI(t, options, e), "/?range=all").rows()
	require.Len(t, rows, 1)
	for i, c := range audit.Columns() {
		if c == column {
			return rows[0].cells[i]
		}
	}
	return ""
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const redacted = `{"$audit":"redacted"}`
	for name, tc := range map[string]struct {
		action      audit.Action
		change      audit.Change
		text, sides string // what is read, and the markup of both sides
	}{
		"update":                  {"update", fixture.Change("a", `"x"`, `"y"`), "a: x →changed to y", "<del>x</del><ins>y</ins>"},
		"create":                  {"create", fixture.Change("a", ``, `"y"`), "a: y", "<ins>y</ins>"},
		"destroy":                 {"destroy", fixture.Change("a", `"x"`, ``), "a: x", "<del>x</del>"},
		"an action with one side": {"publish", fixture.Change("a", ``, `true`), "a: true", "<ins>true</ins>"},
		"an action with both":     {"publish", fixture.Change("a", `false`, `true`), "a: false →changed to true", "<del>false</del><ins>true</ins>"},
		"null":                    {"update", fixture.Change("a", `null`, `"null"`), "a: null →changed to null", "<del><i>null</i></del><ins>null</ins>"},
		"null created":            {"create", fixture.Change("a", ``, `null`), "a: null", "<ins><i>null</i></ins>"},
		"empty":                   {"update", fixture.Change("a", `"empty"`, `""`), "a: empty →changed to empty", "<del>empty</del><ins><i>empty</i></ins>"},
		"absent":                  {"update", fixture.Change("a", ``, `"absent"`), "a: absent →changed to absent", "<del><i>absent</i></del><ins>absent</ins>"},
		"an empty list":           {"update", fixture.Change("a", `[]`, `{}`), "a: [] →changed to {}", "<del>[]</del><ins>{}</ins>"},
		"numbers":                 {"update", fixture.Change("a", `1.50`, `1E2`), "a: 1.5 →changed to 100", "<del>1.5</del><ins>100</ins>"},
		"redacted and changed":    {"update", fixture.Change("a", redacted, redacted), "a: redacted →changed to redacted (changed)", "<del><i>redacted</i></del><ins><i>redacted</i></ins>"},
		"redacted and new":        {"create", fixture.Change("a", ``, redacted), "a: redacted", "<ins><i>redacted</i></ins>"},
		"redacted from nothing":   {"update", fixture.Change("a", `null`, redacted), "a: null →changed to redacted", "<del><i>null</i></del><ins><i>redacted</i></ins>"},
		"the word redacted":       {"update", fixture.Change("a", `"x"`, `"redacted"`), "a: x →changed to redacted", "<del>x</del><ins>redacted</ins>"},
		"cut when recorded":       {"create", fixture.Change("a", ``, `{"$audit":"cut","bytes":5000000,"start":"abc"}`), "a: abc… cut: 5,000,000 bytes", "<ins>abc… <i>cut: 5,000,000 bytes</i></ins>"},
		"contains itself":         {"create", fixture.Change("a", ``, `{"$audit":"cycle"}`), "a: contains itself", "<ins><i>contains itself</i></ins>"},
		"bytes":                   {"create", fixture.Change("a", ``, `{"$audit":"bytes","hex":"ff00"}`), `a: \xff00`, `<ins>\xff00</ins>`},
		"whitespace":              {"update", fixture.Change("a", `"x\ty"`, `"x\n"`), `a: x\ty →changed to x\n`, `<del>x<span class="audit-esc">\t</span>y</del><ins>x<span class="audit-esc">\n</span></ins>`},
		"direction":               {"create", fixture.Change("a\u202e", ``, "\"x\u2066y\""), `a\u202e: x\u2066y`, `<ins>x<span class="audit-esc">\u2066</span>y</ins>`},
		"markup":                  {"create", fixture.Change("<b>", ``, `"<i>null</i>"`), "<b>: <i>null</i>", "<ins>&lt;i&gt;null&lt;/i&gt;</ins>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fixture.Entry(fixture.Now, 1)
			e.Action, e.Changes = tc.action, audit.Changes{tc.change}
			cell := cellOf(t, httpui.Options{}, audit.ByChanges, e)
			assert.Equal(t, tc.text, text(cell))
			sides := ""
			for _, tag := range []string{"del", "ins"} {
				if _, after, ok := strings.Cut(cell, "<"+tag+">"); ok {
					sides += "<" + tag + ">" + after[:strings.Index(after, "</"+tag+">")] + "</" + tag + ">"
				}
			}
			assert.Equal(t, tc.sides, sides)
		})
	}
}

func TestManyFieldsFold(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now, 1)
	for i := range 30 {
		e.Changes = append(e.Changes, fixture.Change(strings.Repeat("f", i+1), `1`, `2`))
	}
	for fields, want := range map[int]struct {
		summary string
		shown   int
	}{3: {"", 3}, 4: {"1 more field", 4}, 23: {"20 more fields", 23}, 30: {"27 more fields", 23}} {
		some := e
		some.Changes = e.Changes[:fields]
		cell := cellOf(t, httpui.Options{}, audit.ByChanges, some)
		assert.Equal(t, want.shown, strings.Count(cell, "<del>"))
		before, folded, _ := strings.Cut(cell, "<details>")
		assert.Equal(t, 3, strings.Count(before, "<del>"))
		if want.summary != "" {
			assert.Contains(t, folded, "<summary>"+want.summary+"</summary>")
		}
		assert.Equal(t, fields == 30, strings.Contains(folded, "7 further fields not shown here"))
	}
}

func TestEntriesWithoutFields(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now, 1)
	e.Action, e.Changes = "login_failed", nil
	assert.Equal(t, "<i>no fields</i>", cellOf(t, httpui.Options{}, audit.ByChanges, e))
	e.Comment = "third <b>attempt</b>"
	assert.Equal(t, "<bdi>third &lt;b&gt;attempt&lt;/b&gt;</bdi>", cellOf(t, httpui.Options{}, audit.ByChanges, e))
}

// TestHugeValues cost a row little, and no character is torn apart.
func TestHugeValues(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now, 1)
	huge, err := audit.ParseValue(jsonText(strings.Repeat("ü", 5<<19)))
	require.NoError(t, err)
	e.Changes = audit.Changes{{Field: "a", Old: huge, New: huge}, {Field: "b", Old: huge}}
	cell := cellOf(t, httpui.Options{}, audit.ByChanges, e)
	assert.Less(t, len(cell), 4<<10)
	assert.Contains(t, cell, strings.Repeat("ü", 160)+"… <i>2,621,280 more characters</i>")
	assert.NotContains(t, cell, "\uFFFD")
}

func TestPillsAndActors(t *testing.T) {
	t.Parallel()
	for action, want := range map[audit.Action]string{
		"create":       `<span class="audit-pill audit-create"><span aria-hidden="true">+</span> create</span>`,
		"update":       `<span class="audit-pill audit-update"><span aria-hidden="true">~</span> update</span>`,
		"destroy":      `<span class="audit-pill audit-destroy"><span aria-hidden="true">−</span> destroy</span>`,
		"login_failed": `<span class="audit-pill audit-other"><span aria-hidden="true">•</span> login_failed</span>`,
	} {
		e := fixture.Entry(fixture.Now, 1)
		e.Action = action
		cell := cellOf(t, httpui.Options{}, audit.ByAction, e)
		assert.Equal(t, strings.ReplaceAll(want, "+", "&#43;"), strings.ReplaceAll(cell, "+", "&#43;"))
	}
	for _, tc := range []struct {
		actor audit.Actor
		want  string
	}{
		{audit.Actor{Kind: audit.ActorUser, ID: "1", Email: "a@b.test"}, "a@b.test"},
		{audit.Actor{Kind: audit.ActorUser, ID: "1"}, "1"},
		{audit.Actor{Kind: audit.ActorSystem}, "system"},
		{audit.Actor{}, "system"},
		{audit.Actor{Kind: audit.ActorAPIKey, ID: "k_9"}, "API key k_9"},
		{audit.Actor{Kind: audit.ActorDatabaseRole, ID: "postgres"}, "role postgres"},
		{audit.Actor{Email: "a@b.test", OnBehalfOf: "c@d.test"}, "a@b.test on behalf of c@d.test"},
	} {
		e := fixture.Entry(fixture.Now, 1)
		e.Actor = tc.actor
		assert.Equal(t, tc.want, text(cellOf(t, httpui.Options{}, audit.ByPerformedBy, e)))
	}
}

func TestObjectTypes(t *testing.T) {
	t.Parallel()
	options := httpui.Options{Labels: map[string]string{"sku": "Article"}}
	for key, label := range map[string]string{
		"api_key": "API Key", "security_group": "Security Group", "end-user": "End User", "user": "User", "sku": "Article",
		"mfa_otp_url": "MFA OTP URL", "ApiKey": "ApiKey", "_": "_", "élan_vital": "Élan Vital",
	} {
		e := fixture.Entry(fixture.Now, 1)
		e.Object.Type = key
		page := get(t, newUI(t, options, e), "/")
		assert.Equal(t, label, text(page.rows()[0].cells[1]))
		assert.Equal(t, key, page.rows()[0].objectType)
	}
}

func TestRecordURL(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(40, fixture.Now)
	calls, asked := 0, 0
	for address, linked := range map[string]bool{
		"/invoices/1": true, "/": true, "https://crm.test/x?y=1#z": true, "http://crm.test": true, "HTTPS://crm.test/": true,
		"": false, "javascript:alert(1)": false, "//evil.test": false, `/\evil.test`: false, `\\evil.test`: false, "/\t/evil.test": false,
		"data:text/html,x": false, "invoices/1": false, "http:evil": false, "https:///x": false, "/a\nb": false, " /a": false, "mailto:a@b.test": false,
		"?x": false, "#x": false, "../x": false, "ftp://x.test/": false, "/a\x7f": false,
	} {
		ui := newUI(t, httpui.Options{RecordURL: func(ctx context.Context, objects []audit.Object) map[audit.Object]string {
			calls++
			asked = len(objects)
			return map[audit.Object]string{entries[0].Object: address, {Type: "nobody", ID: "asked"}: "/x"}
		}}, entries...)
		cell := get(t, ui, "/").rows()[0].cells[1]
		assert.Equal(t, linked, strings.Contains(cell, "<a href="), address)
	}
	assert.Equal(t, 23, calls, "one call a page")
	assert.Equal(t, 40, asked)
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	e := fixture.Entry(fixture.Now, 1)
	e.IP = fixture.Showcase()[6].IP
	assert.Equal(t, "2001:db8:85a3:8d3:1319:8a2e:370:7348", cellOf(t, httpui.Options{}, audit.ByIPAddress, e))
	e.IP = fixture.Showcase()[3].IP
	assert.Equal(t, "<i>none</i>", cellOf(t, httpui.Options{}, audit.ByIPAddress, e))
}
