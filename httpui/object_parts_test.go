package httpui_test

import (
	"html"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// orderWithLines returns the entries of an order and of n of its lines, one a
// minute, and one of another order's line.
func orderWithLines(n int) (order, lines []audit.Entry, other audit.Entry) {
	at := func(i int) time.Time { return fixture.Now.Add(time.Duration(i-n-2) * time.Minute) }
	entry := func(i int, object, parent audit.Object) audit.Entry {
		e := fixture.Entry(at(i), i)
		e.Object, e.Parent = object, parent
		e.Changes = audit.Changes{fixture.Change("n", strconv.Itoa(i), strconv.Itoa(i+1))}
		return e
	}
	whole := audit.Object{Type: "order", ID: "7"}
	for i := range n {
		lines = append(lines, entry(i, audit.Object{Type: "order_line", ID: strconv.Itoa(100 + i)}, whole))
	}
	order = []audit.Entry{entry(n, whole, audit.Object{})}
	return order, lines, entry(n+1, audit.Object{Type: "order_line", ID: "999"}, audit.Object{Type: "order", ID: "8"})
}

var (
	partsPattern = regexp.MustCompile(`(?s)<section class="audit-part" id="audit-parts".*?</section>`)
	entryPattern = regexp.MustCompile(`data-entry-id="([^"]+)"`)
	stepPattern  = regexp.MustCompile(`<a href="(\?[^"]*#audit-parts)">([^<]*)</a>`)
)

// partIDs returns the entries under "What belongs to it", and the ways on.
func (r response) partIDs() (ids []string, steps map[string]string) {
	section := partsPattern.FindString(r.body)
	for _, m := range entryPattern.FindAllStringSubmatch(section, -1) {
		ids = append(ids, m[1])
	}
	steps = map[string]string{}
	for _, m := range stepPattern.FindAllStringSubmatch(section, -1) {
		steps[m[2]] = html.UnescapeString(m[1])
	}
	return ids, steps
}

// An order's page has its lines' entries, all of them and no other's.
func TestPartsStandInTheHistoryOfTheWhole(t *testing.T) {
	t.Parallel()
	order, lines, other := orderWithLines(60)
	ui := newUI(t, httpui.Options{}, append(append(order, other), lines...)...)
	page := get(t, ui, "/objects/order/7?tz=Europe/Berlin")
	require.Equal(t, http.StatusOK, page.status)
	var found []string
	for range 3 {
		ids, steps := page.partIDs()
		found = append(found, ids...)
		if steps["Next"] == "" {
			break
		}
		assert.Contains(t, page.body, `href="../../objects/order_line/`+strconv.Itoa(159-len(found)+len(ids))+`?tz=Europe%2FBerlin"`)
		page = page.follow(steps["Next"])
		require.Equal(t, "Europe/Berlin", page.query().Get("tz"))
	}
	var want []string
	for i := range lines {
		want = append(want, lines[len(lines)-1-i].ID.String())
	}
	assert.Equal(t, want, found)
	ids, steps := page.partIDs()
	assert.Len(t, ids, 10)
	ids, _ = page.follow(steps["Previous"]).partIDs()
	assert.Equal(t, want[25:50], ids)
}

func TestPartsAlone(t *testing.T) {
	t.Parallel()
	_, lines, other := orderWithLines(2)
	ui := newUI(t, httpui.Options{}, append(lines, other)...)
	page := get(t, ui, "/objects/order/7") // nobody recorded the order itself
	assert.Equal(t, http.StatusOK, page.status)
	ids, _ := page.partIDs()
	assert.Equal(t, []string{lines[1].ID.String(), lines[0].ID.String()}, ids)

	assert.NotContains(t, get(t, ui, "/objects/order_line/100").body, "What belongs to it")
	assert.Equal(t, http.StatusNotFound, get(t, ui, "/objects/order/9").status)
	assert.Equal(t, http.StatusBadRequest, get(t, ui, "/objects/order/7?parts_after=x").status)
}
