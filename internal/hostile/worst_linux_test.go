package hostile

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui"
)

// fullSize is the size limit of one event by default.
const fullSize = 256 << 10

// worstText returns a text of about so many bytes out of one piece.
func worstText(piece string, size int) string { return strings.Repeat(piece, max(1, size/len(piece))) }

func textValue(text string) audit.Value {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return must(audit.ParseValue(string(quoted)))
}

// worstTexts are pieces that a program may take long over when there are many.
var worstTexts = map[string]string{
	"zero width":           "\u200b",
	"zero width, letters":  "a\u200b",
	"bidi":                 "\u202e\u2066",
	"control characters":   "\x01\x1b\x7f\x01",
	"NUL marks":            "\ue000\\u0000",
	"line breaks":          "\n",
	"many lines":           "line\r\n",
	"tabs":                 "\t",
	"blanks":               " ",
	"different blanks":     " \t\u00a0",
	"combining marks":      "\u0301",
	"variation selectors":  "\ufe0f",
	"one long word":        "w",
	"one long word, wide":  "漢",
	"short words":          "a b ",
	"long lines":           strings.Repeat("word ", 500) + "\n",
	"emoji":                "👩‍👩‍👧‍👦",
	"flags":                "🇩🇪",
	"Arabic":               "العربية ",
	"Hebrew with brackets": "(ע)a ",
	"Arabic marks":         "ل\u064b\u064b",
	"brackets":             "([{",
	"closing":              "(a)[b]",
	"quotes":               `"`,
	"backslashes":          `\`,
	"commas":               `a,"b";`,
	"formulas":             "\n=1+1;=2\t=3",
	"markup":               "<b>&amp;</b>",
	"escapes of Excel":     "_x000D_",
	"halves of those":      "_x",
	"addresses":            "a@b.c:",
	"colons":               "::",
	"at signs":             "@",
	"digits":               "9",
	"arrows":               " -> ",
	"semicolons":           "; ",
	"marks":                `{"$audit":"redacted"}`,
	"hyphens":              "-/",
	"not characters":       "\uffff\ufffe",
	"private":              "\ue000",
	"Thai":                 "ไทย",
}

// lookalikes are pieces of two texts that look alike and differ.
var lookalikes = map[string][2]string{
	"words, composed and not": {"M\u00fcller ", "Mu\u0308ller "},
	"ligatures":               {"\ufb01", "fi"},
	"ligatures, shifted":      {"\ufb01", "if"},
	"hearts":                  {"❤\ufe0f", "❤"},
	"blanks that differ":      {"a ", "a\u00a0"},
	"escapes":                 {"\\u202e", "\u202e"},
}

// worstEntries are entries of about so many bytes, by what is bad about them:
// everything, or what was slow once and a few others.
func worstEntries(size int, everything bool) map[string]audit.Entry {
	all := map[string]audit.Entry{}
	add := func(name string, changes ...audit.Change) {
		all[name] = audit.Entry{Action: audit.ActionUpdate, Changes: changes}
	}
	for name, piece := range worstTexts {
		if !everything && !slices.Contains([]string{"zero width", "control characters", "many lines", "combining marks", "Hebrew with brackets", "at signs", "formulas"}, name) {
			continue
		}
		part := worstText(piece, size/8)
		object := must(audit.ParseValue(must1(json.Marshal(map[string]any{part: []string{part}}))))
		all[name] = audit.Entry{
			Action: audit.ActionUpdate, Metadata: object, Comment: part,
			Actor: audit.Actor{Kind: audit.ActorUser, ID: "1", Email: part, OnBehalfOf: part}, UserAgent: part,
			Changes: audit.Changes{
				{Field: "changed", Old: textValue(part + part), New: textValue(part + part + "!")},
				{Field: "gone", Old: textValue(part)},
				{Field: part, New: textValue("1")},
				{Field: "object", Old: object, New: must(audit.ParseValue(`{"a":[1]}`))},
			},
		}
		if !everything {
			continue
		}
		short := worstText(piece, 1500) // is compared word by word
		var many []audit.Change
		for i := range max(1, size/len(short)/2) {
			many = append(many, audit.Change{Field: fmt.Sprintf("f%d", i), Old: textValue("x" + short), New: textValue(short + "y")})
		}
		add(name+", in many fields", many...)
	}
	for name, pieces := range lookalikes {
		old, now := textValue("x "+worstText(pieces[0], size/3)), textValue("y "+worstText(pieces[1], size/3))
		add(name, audit.Change{Field: "text", Old: old, New: now}, audit.Change{Field: "same", Old: textValue(worstText(pieces[0], size/9)), New: textValue(worstText(pieces[1], size/9))})
	}
	value := func(text string) audit.Value { return must(audit.ParseValue(text)) }
	list := func(n int, item func(i int) string) audit.Value {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return value("[" + strings.Join(items, ",") + "]")
	}
	broken := make([]byte, size/8)
	for i := range broken {
		broken[i] = 0xff
	}
	add("broken UTF-8", audit.Change{Field: "b", Old: value(fmt.Sprintf(`{"$audit":"bytes","hex":"%x"}`, broken)), New: value(fmt.Sprintf(`{"$audit":"bytes","hex":"%x"}`, broken[1:]))})
	add("a long list", audit.Change{Field: "l", Old: list(size/16, func(i int) string { return fmt.Sprint(i) }), New: list(size/16, func(i int) string { return fmt.Sprint(i + 1) })})
	add("a list backwards", audit.Change{Field: "l", Old: list(size/16, func(i int) string { return fmt.Sprint(i) }), New: list(size/16, func(i int) string { return fmt.Sprint(size - i) })})
	for _, n := range []int{500, 1000} {
		add(fmt.Sprintf("lists of %d objects", n), audit.Change{
			Field: "l",
			Old:   list(n, func(i int) string { return fmt.Sprintf(`{"id":%d,"x":"a"}`, i) }), New: list(n, func(i int) string { return fmt.Sprintf(`{"id":%d,"x":"b"}`, n-i) }),
		})
	}
	add("empty lists", audit.Change{Field: "l", Old: list(size/6, func(int) string { return "[]" }), New: list(size/6, func(int) string { return "{}" })})
	for name, nested := range map[string][2]string{"deep lists": {"[", "]"}, "deep objects": {`{"a":`, "}"}} {
		for how, n := range map[string]int{"a little": 32, "much": 900, "most": min(size/16, 9000)} {
			if how == "most" && !everything {
				continue // the race detector is slow at deep stacks
			}
			add(name+", "+how, audit.Change{Field: "d", Old: value(strings.Repeat(nested[0], n) + "1" + strings.Repeat(nested[1], n)), New: value(strings.Repeat(nested[0], n) + "2" + strings.Repeat(nested[1], n))})
		}
	}
	var keys, others strings.Builder
	for i := range size / 32 {
		fmt.Fprintf(&keys, `,"k%d":%d`, i, i)
		fmt.Fprintf(&others, `,"k%d":%d`, i, i+1)
	}
	add("many keys", audit.Change{Field: "o", Old: value("{" + keys.String()[1:] + "}"), New: value("{" + others.String()[1:] + "}")})
	var many, nested []audit.Change
	for i := range size / 26 { // 10,000
		many = append(many, audit.Change{Field: fmt.Sprintf("f%d", i), Old: value("1"), New: value("2")})
		nested = append(nested, audit.Change{Field: fmt.Sprintf("f%d.x", i), New: value("2")})
	}
	add("many fields", many...)
	add("many fields within others", nested...)
	var long []audit.Change
	for i := range size / 280 {
		long = append(long, audit.Change{Field: fmt.Sprintf("%d", i) + strings.Repeat(".x", 120), New: value("2")})
	}
	add("long names of fields", long...)
	return all
}

func must1(text []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(text)
}

// worstSinks are what an entry comes out of.
func worstSinks(t *testing.T, e audit.Entry) map[string]func() {
	e.Org, e.ID, e.Format = "acme", audit.FirstID(time.Now().Add(-time.Minute)), audit.Format
	e.OccurredAt, e.IP = e.ID.Time(), netip.MustParseAddr("2001:db8::1")
	if e.Object.Type == "" {
		e.Object = audit.Object{Type: "thing", ID: "1"}
	}
	after := e
	after.ID = audit.FirstID(e.OccurredAt.Add(time.Second))
	after.OccurredAt = after.ID.Time()
	store := audittest.NewStore()
	require.NoError(t, store.InsertDetached(t.Context(), []audit.Entry{e, after}))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	ui, err := httpui.New(trail, httpui.Options{Authorize: func(*http.Request) bool { return true }, OnError: func(_ *http.Request, err error) { t.Error(err) }})
	require.NoError(t, err)
	all := map[string]func(){}
	page := func(name, target string) {
		all[name] = func() {
			w := httptest.NewRecorder()
			ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
			require.Equal(t, http.StatusOK, w.Code, name)
		}
	}
	page("the page", "/")
	page("the entry's page", "/entries/"+e.ID.String())
	page("the entry as JSON", "/entries/"+e.ID.String()+".json")
	page("the entries as JSON", "/entries.json")
	if e.Object.Type == "thing" {
		page("the history", "/objects/thing/1")
		page("the state", "/objects/thing/1?at="+e.ID.String())
		page("two states compared", "/objects/thing/1?a="+e.ID.String()+"&b="+after.ID.String())
		all["a reversal"] = func() {
			_, err := trail.Revert(t.Context(), e.ID)
			require.NoError(t, err)
		}
	}
	for _, format := range export.Formats() {
		all[string(format)] = func() {
			_, err := format.Write(io.Discard, func(yield func(audit.Entry, error) bool) { yield(e, nil) }, export.Report{})
			require.NoError(t, err)
		}
	}
	return all
}

// TestT28_WorstValues sends entries that are as large as they may be through
// everything that shows them. What takes long must not take longer than in
// proportion: sixteen times as long for a value four times as long is quadratic.
func TestT28_WorstValues(t *testing.T) {
	size, everything := fullSize/4, os.Getenv("AUDIT_TEST_LONG") == "1"
	if everything {
		size = fullSize
	}
	// Less than that is not worth a comparison, even if it were quadratic.
	const long = 300 * time.Millisecond
	const tries, growth = 3, 10
	small := worstEntries(size/4, everything)
	for name, e := range worstEntries(size, everything) {
		for sink, run := range worstSinks(t, e) {
			if !everything && !slices.Contains([]string{"the page", "the entry's page", "the state", "csv", "xlsx", "pdf"}, sink) {
				continue // they share most of their code with these
			}
			took := leastWork(1, run)
			if took < long {
				continue
			}
			took = min(took, leastWork(tries-1, run))
			require.Contains(t, small, name)
			quarter := leastWork(tries, worstSinks(t, small[name])[sink])
			assert.Less(t, took, growth*quarter, "%s: %s: %v for %d bytes, %v for a quarter of them", sink, name, took, size, quarter)
		}
	}
}

// leastWork is how long the processor works on something, at the least of some
// tries: what else runs on the machine does not count.
func leastWork(tries int, run func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := time.Hour
	for range tries {
		begin := threadTime()
		run()
		least = min(least, threadTime()-begin)
	}
	return least
}

// threadTime is how long the processor has worked for this thread.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD, which package syscall does not name
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
