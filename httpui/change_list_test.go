package httpui_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// cellOf shows one entry and returns a cell of its row.
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
		"update":                  {"update", fixture.Change("a", `"x"`, `"y"`), "a: x → y", "<del>x</del><ins>y</ins>"},
		"create":                  {"create", fixture.Change("a", ``, `"y"`), "a: y", "<ins>y</ins>"},
		"destroy":                 {"destroy", fixture.Change("a", `"x"`, ``), "a: x", "<del>x</del>"},
		"an action with one side": {"publish", fixture.Change("a", ``, `true`), "a: true", "<ins>true</ins>"},
		"an action with both":     {"publish", fixture.Change("a", `false`, `true`), "a: false → true", "<del>false</del><ins>true</ins>"},
		"null":                    {"update", fixture.Change("a", `null`, `"null"`), `a: null → "null"`, "<del><i>null</i></del><ins>&#34;null&#34;</ins>"},
		"null created":            {"create", fixture.Change("a", ``, `null`), "a: null", "<ins><i>null</i></ins>"},
		"empty":                   {"update", fixture.Change("a", `"empty"`, `""`), `a: "empty" → empty`, "<del>&#34;empty&#34;</del><ins><i>empty</i></ins>"},
		"absent":                  {"update", fixture.Change("a", ``, `"absent"`), `a: absent → "absent"`, "<del><i>absent</i></del><ins>&#34;absent&#34;</ins>"},
		"an empty list":           {"update", fixture.Change("a", `[]`, `{}`), "a: [] → {}", "<del>[]</del><ins>{}</ins>"},
		"numbers":                 {"update", fixture.Change("a", `1.50`, `1E2`), "a: 1.5 → 100", "<del>1.5</del><ins>100</ins>"},
		"redacted and changed":    {"update", fixture.Change("a", redacted, redacted), "a: redacted → redacted (changed)", "<del><i>redacted</i></del><ins><i>redacted</i></ins>"},
		"redacted and new":        {"create", fixture.Change("a", ``, redacted), "a: redacted", "<ins><i>redacted</i></ins>"},
		"not compared":            {"update", fixture.Change("a", `{"$audit":"shared"}`, `"x"`), "a: not compared → x", "<del><i>not compared</i></del><ins>x</ins>"},
		"not compared, a list":    {"update", fixture.Change("a", `{"$audit":"shared"}`, `[1]`), "a: not compared → [1]", "<del><i>not compared</i></del><ins>[1]</ins>"},
		"the words not compared":  {"update", fixture.Change("a", `"x"`, `"not compared"`), `a: x → "not compared"`, "<del>x</del><ins>&#34;not compared&#34;</ins>"},
		"redacted from nothing":   {"update", fixture.Change("a", `null`, redacted), "a: null → redacted", "<del><i>null</i></del><ins><i>redacted</i></ins>"},
		"the word redacted":       {"update", fixture.Change("a", `"x"`, `"redacted"`), `a: x → "redacted"`, "<del>x</del><ins>&#34;redacted&#34;</ins>"},
		"cut when recorded":       {"create", fixture.Change("a", ``, `{"$audit":"cut","bytes":5000000,"start":"abc"}`), "a: abc… cut: 5,000,000 bytes", "<ins>abc… <i>cut: 5,000,000 bytes</i></ins>"},
		"contains itself":         {"create", fixture.Change("a", ``, `{"$audit":"cycle"}`), "a: contains itself", "<ins><i>contains itself</i></ins>"},
		"bytes":                   {"create", fixture.Change("a", ``, `{"$audit":"bytes","hex":"ff00"}`), `a: 2 bytes: \xff00`, `<ins><i>2 bytes:</i> \xff00</ins>`},
		"the text of bytes":       {"create", fixture.Change("a", ``, `"\\xff00"`), `a: \xff00`, `<ins>\xff00</ins>`},
		"not recordable":          {"create", fixture.Change("a", ``, `{"$audit":"opaque","type":"chan int"}`), "a: not recordable: chan int", "<ins><i>not recordable:</i> chan int</ins>"},
		"cut lists":               {"create", fixture.Change("a", ``, `{"$audit":"cut","items":12000}`), "a: cut: 12,000 items", "<ins><i>cut: 12,000 items</i></ins>"},
		"cut, no more known":      {"create", fixture.Change("a", ``, `{"$audit":"cut"}`), "a: cut", "<ins><i>cut</i></ins>"},
		"text and number":         {"update", fixture.Change("a", `"1"`, `1`), `a: "1" → 1`, "<del>&#34;1&#34;</del><ins>1</ins>"},
		"text and list":           {"update", fixture.Change("a", `[]`, `"[]"`), `a: [] → "[]"`, "<del>[]</del><ins>&#34;[]&#34;</ins>"},
		"quotes of its own":       {"create", fixture.Change("a", ``, `"\"null\""`), `a: "\"null\""`, "<ins>&#34;\\&#34;null\\&#34;&#34;</ins>"},
		"a list":                  {"create", fixture.Change("a", ``, `["read","a, b",1,"1",null,"",true,"null"]`), `a: [read, "a, b", 1, "1", null, "", true, "null"]`, `<ins>[read, &#34;a, b&#34;, 1, &#34;1&#34;, <i>null</i>, &#34;&#34;, true, &#34;null&#34;]</ins>`},
		"a secret in a list":      {"create", fixture.Change("a", ``, `[{"k":`+redacted+`}]`), "a: [{k: redacted}]", "<ins>[{<b>k</b>: <i>redacted</i>}]</ins>"},
		"a secret within changed": {"update", fixture.Change("a", `[`+redacted+`]`, `[`+redacted+`]`), "a: [redacted] → [redacted] (changed)", "<del>[<i>redacted</i>]</del><ins>[<i>redacted</i>]</ins>"},
		"an object by its paths":  {"update", fixture.Change("a", `null`, `{"x":{"y":1,"z":{}},"$$audit":"k","p.q":[1,2]}`), `a: null → {$audit: k, p\.q: [1, 2], x.y: 1, x.z: {}}`, `<del><i>null</i></del><ins>{<b>$audit</b>: k, <b>p\.q</b>: [1, 2], <b>x.y</b>: 1, <b>x.z</b>: {}}</ins>`},
		"whitespace":              {"update", fixture.Change("a", `"x\ty"`, `"x\n"`), `a: x\ty → x\n`, `<del>x<span class="audit-esc">\t</span>y</del><ins>x<span class="audit-esc">\n</span></ins>`},
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
				if _, after, ok := strings.Cut(strings.ReplaceAll(cell, ` class="audit-long"`, ""), "<"+tag+">"); ok {
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
	assert.Contains(t, cell, `<a href="entries/`+e.ID.String())
	assert.Contains(t, cell, ">whole entry</a>")
}

// TestHostileSizes: whatever a value holds, its row stays small and is made in
// little time.
func TestHostileSizes(t *testing.T) {
	t.Parallel()
	list := func(n int, item func(i int) string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	number := func(seed, of int) func(int) string {
		return func(i int) string { return strconv.Itoa(i * seed % of) }
	}
	words := func(n, seed int) string {
		return strings.Trim(strings.ReplaceAll(list(n, number(seed, 257)), ",", " "), "[]")
	}
	for name, tc := range map[string]struct{ before, after, want string }{
		"5 MB":              {jsonText(strings.Repeat("x", 5_000_000)), jsonText(strings.Repeat("x", 5_000_010)), "5,000,000 → 5,000,010 characters whole entry"},
		"one word of 5 MB":  {`"short"`, jsonText(strings.Repeat("x", 5_000_000)), "4,999,840 more characters whole entry"},
		"words":             {jsonText(words(500, 7)), jsonText(words(500, 11)), ""},
		"words that repeat": {jsonText(strings.Repeat("a b ", 500)), jsonText(strings.Repeat("b a ", 500)), ""},
		"many edits":        {jsonText(strings.Repeat("one two three four ", 80)), jsonText(strings.Repeat("one two 3 four ", 80)), "more changes"},
		"no words at all":   {jsonText(strings.Repeat(".", 1999)), jsonText(strings.Repeat("-.", 990)), ""},
		"escapes":           {jsonText(strings.Repeat("a\u200b", 900)), jsonText(strings.Repeat("\u200ba", 900)), ""},
		"blanks":            {jsonText(strings.Repeat("a ", 900)), jsonText(strings.Repeat("a\u2003\t\n", 400)), ""},
		"lists":             {list(500, number(7, 501)), list(500, number(11, 501)), "more items"},
		"long lists":        {list(200_000, number(7, 9)), list(200_000, number(5, 9)), "bytes whole entry"},
		"objects":           {list(400, func(i int) string { return fmt.Sprintf(`{"id":%d,"n":1}`, i) }), list(400, func(i int) string { return fmt.Sprintf(`{"id":%d,"n":2}`, i) }), "more changes"},
		"deep":              {"1", strings.Repeat("[", 4000) + strings.Repeat("]", 4000), "whole entry"},
		"deep objects":      {"1", strings.Repeat(`{"a":`, 1500) + "1" + strings.Repeat("}", 1500), "whole entry"},
		"deep on both":      {strings.Repeat(`{"a":`, 1500) + "1" + strings.Repeat("}", 1500), strings.Repeat(`{"a":`, 1500) + "2" + strings.Repeat("}", 1500), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fixture.Entry(fixture.Now, 1)
			e.Changes = audit.Changes{fixture.Change("a", tc.before, tc.after)}
			start := time.Now()
			cell := cellOf(t, httpui.Options{}, audit.ByChanges, e)
			assert.Less(t, len(cell), 4<<10)
			assert.Less(t, time.Since(start), 10*time.Second, "not quadratic")
			assert.Contains(t, text(cell), tc.want)
		})
	}
}

// TestLongTexts are compared word by word, with the words around an edit.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	lorem := "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua."
	for name, tc := range map[string]struct{ before, after, want string }{
		"short":          {"draft", "sent", "a: draft → sent"},
		"a word":         {lorem, strings.Replace(lorem, "tempor", "time", 1), "a: … elit, sed do eiusmod removed temporadded time incididunt ut labore …whole entry"},
		"put in":         {"one two three four five six seven", "one two three and four five six seven", "a: one two three added and four five six seven"},
		"taken out":      {"one two three and four five six seven", "one two three four five six seven", "a: one two three removed and four five six seven"},
		"at the end":     {lorem, lorem + " Ut enim.", "a: … et dolore magna aliqua.added Ut enim.whole entry"},
		"at the start":   {lorem, "Ut enim. " + lorem, "a: added Ut enim. Lorem ipsum dolor sit …whole entry"},
		"two edits":      {"Quarterly plan for the north region, draft two.", "Quarterly plan for the north and east regions, final draft.", "a: Quarterly plan for the north removed region, added and east regions, final draft removed two."},
		"nothing shared": {"one two three four five six seven", "ein zwei drei vier fuenf sechs sieben", "a: one two three four five six seven → ein zwei drei vier fuenf sechs sieben"},
		"no blanks":      {"東京都の北部地域における四半期の計画の最初の草案であります、確認済み。", "東京都の南部地域における四半期の計画の最初の草案であります、確認済み。", "a: 東京都の removed 北added 南部地域における四半期の計画の最初の草案であります、確認済み。"},
		"blanks":         {"a  b", "a b", "a: a removed ··2 spacesadded ·1 space b (white space only)"},
		"a line break":   {"a", "a\n", "a: aadded ⏎1 line break (white space only)"},
		"a tab":          {"a b", "a\tb", "a: a removed ·1 spaceadded →1 tab b (white space only)"},
		"another blank":  {"a b", "a\u00a0b", "a: a removed ·1 spaceadded \\u00a0b (white space only)"},
		"only blanks":    {" ", "   ", "a: removed ·1 spaceadded ···3 spaces (white space only)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fixture.Entry(fixture.Now, 1)
			e.Changes = audit.Changes{fixture.Change("a", jsonText(tc.before), jsonText(tc.after))}
			assert.Equal(t, strings.ReplaceAll(tc.want, " ", ""), strings.ReplaceAll(text(cellOf(t, httpui.Options{}, audit.ByChanges, e)), " ", ""))
		})
	}
}

// TestLists say what was added, removed, moved and changed.
func TestLists(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after, want string }{
		"added":            {`["a"]`, `["a","b, c"]`, `a: +added "b, c"`},
		"added to none":    {`[]`, `["a"]`, `a: +added a`},
		"removed":          {`["a","b"]`, `["b"]`, `a: −removed a`},
		"both":             {`["read","admin"]`, `["read","webhooks"]`, `a: +added webhooks −removed admin`},
		"moved":            {`["a","b","c"]`, `["c","a","b"]`, `a: moved c`},
		"moved and added":  {`["a","b","c"]`, `["c","a","b",4]`, `a: +added 4 moved c`},
		"one of two":       {`["a","a"]`, `["a"]`, `a: −removed a`},
		"type":             {`["1"]`, `[1]`, `a: +added 1 −removed "1"`},
		"many":             {`[]`, `[1,2,3,4,5,6,7,8]`, `a: +added 1 +2 +3 +4 +5 +6 … 2 more items whole entry`},
		"objects":          {`[{"port":443}]`, `[{"port":22},{"port":443}]`, `a: +added {port: 22}`},
		"by identity":      {`[{"id":7,"port":22},{"id":8,"port":80}]`, `[{"id":8,"port":81,"tls":true},{"id":9}]`, `a: +added {id: 9} −removed {id: 7, port: 22} 8.port: 80 → 81 8.tls: absent → true`},
		"moved by id":      {`[{"id":1,"x":1},{"id":2,"x":1}]`, `[{"id":2,"x":2},{"id":1,"x":1}]`, `a: moved 2 2.x: 1 → 2`},
		"no identity":      {`[{"id":1,"x":1},{"id":1,"x":2}]`, `[{"id":1,"x":1}]`, `a: −removed {id: 1, x: 2}`},
		"a secret":         {`[{"id":1,"k":1}]`, `[{"id":1,"k":{"$audit":"redacted"}}]`, `a: 1.k: 1 → redacted`},
		"list and null":    {`null`, `["a"]`, `a: null → [a]`},
		"objects by paths": {`{"x":{"y":1},"x-":2,"z":[1]}`, `{"x":{"y":2},"x-":2,"w":"q","z":[1,2]}`, `a: w: absent → q x.y: 1 → 2 z: +added 2`},
		"empty object":     {`{}`, `{"x":1}`, `a: x: absent → 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fixture.Entry(fixture.Now, 1)
			e.Changes = audit.Changes{fixture.Change("a", tc.before, tc.after)}
			assert.Equal(t, strings.ReplaceAll(tc.want, " ", ""), strings.ReplaceAll(text(cellOf(t, httpui.Options{}, audit.ByChanges, e)), " ", ""))
		})
	}
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
		{audit.Actor{}, "unknown"},
		{audit.Actor{Kind: audit.ActorUnknown}, "unknown"},
		{audit.System("billing job"), "billing job"},
		{audit.Actor{Kind: audit.ActorAPIKey, ID: "k_9"}, "API key k_9"},
		{audit.Actor{Kind: audit.ActorDatabaseRole, ID: "postgres"}, "role postgres"},
		{audit.Actor{Email: "a@b.test", OnBehalfOf: "c@d.test"}, "a@b.test on behalf of c@d.test"},
	} {
		e := fixture.Entry(fixture.Now, 1)
		e.Actor = tc.actor
		assert.Equal(t, tc.want, text(cellOf(t, httpui.Options{}, audit.ByActorEmail, e)))
	}
}

func TestObjectTypes(t *testing.T) {
	t.Parallel()
	options := httpui.Options{Objects: httpui.Objects{Labels: map[string]string{"sku": "Article"}}}
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
		ui := newUI(t, httpui.Options{Objects: httpui.Objects{RecordURL: func(ctx context.Context, objects []audit.Object) map[audit.Object]string {
			calls++
			asked = len(objects)
			return map[audit.Object]string{entries[0].Object: address, {Type: "nobody", ID: "asked"}: "/x"}
		}}}, entries...)
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
	assert.Equal(t, "2001:db8:<wbr>85a3:8d3:<wbr>1319:8a2e:<wbr>370:7348", cellOf(t, httpui.Options{}, audit.ByIPAddress, e))
	e.IP = fixture.Showcase()[3].IP
	assert.Equal(t, "<i>none</i>", cellOf(t, httpui.Options{}, audit.ByIPAddress, e))
}
