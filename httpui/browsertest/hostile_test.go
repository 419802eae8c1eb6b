package browsertest

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// payloads try to become markup, to run, to restyle the page, to break out of
// where they stand, or to look like something else.
var payloads = []string{
	`<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `"><svg onload=alert(1)>`, `' autofocus onfocus=alert(1) x='`,
	`javascript:alert(1)`, `</td></tr></table><iframe srcdoc="<script>alert(1)</script>">`, `</title><script>alert(1)</script>`,
	`<style>*{display:none}</style>`, `<meta http-equiv=refresh content=0>`, `<base href=//evil.test/>`, `<link rel=stylesheet href=//evil.test/x.css>`,
	`<iframe src=javascript:alert(1)>`, `<object data=javascript:alert(1)>`, `<embed src=javascript:alert(1)>`, `<form action=//evil.test><input name=x>`,
	`<a href="javascript:alert(1)">x</a>`, `<body onload=alert(1)>`, `<input autofocus onfocus=alert(1)>`, `<details open ontoggle=alert(1)>`,
	`<video><source onerror=alert(1)>`, `<audio src onerror=alert(1)>`, `<marquee onstart=alert(1)>`, `<math><mi//xlink:href="data:x,<script>alert(1)</script>">`,
	`<svg><animate onbegin=alert(1) attributeName=x>`, `<svg><script>alert(1)</script></svg>`, `<template><script>alert(1)</script></template>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<textarea><script>alert(1)</script>`, `<select><option><script>alert(1)</script>`,
	`<!--><img src=x onerror=alert(1)>-->`, `<![CDATA[<script>alert(1)</script>]]>`, `<?xml version="1.0"?><script>alert(1)</script>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`, `&#60;img src=x onerror=alert(1)&#62;`, `\u003cscript\u003ealert(1)\u003c/script\u003e`, `%3Cscript%3Ealert(1)%3C/script%3E`,
	"`${alert(1)}`", `{{constructor.constructor('alert(1)')()}}`, `{{.}}{{printf "%s" "<script>"}}`, `${{7*7}}`, `[x](javascript:alert(1))`, `![x](x" onerror="alert(1))`,
	`=HYPERLINK("http://evil.test","x")`, `@import url(//evil.test/x.css)`, `expression(alert(1))`, `';alert(1)//`, `\";alert(1)//`,
	"\u202egnp.txt\u2066<b>\u2069", "\u200badmin\u200d\ufeff\u00ad\U000e0041\ufe0f", "\x1b[31mred\x1b[0m\r\nInjected: yes\u0007\u2028\u0085", "<scr\u0131pt>alert(1)</scr\u0131pt>",
}

// With scripts on, no payload runs, becomes an element or rearranges the text
// around it.
func TestHostilePayloadsRunInNoField(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(payloads), 50)
	const org = `<img src=x onerror=alert("org")>`
	labels := map[string]string{}
	var entries []audit.Entry
	for i, payload := range payloads {
		text, err := audit.ParseValue(jsonText(payload))
		require.NoError(t, err)
		list, err := audit.ParseValue("[" + jsonText(payload) + `,{"` + "k" + `":` + jsonText(payload) + `}]`)
		require.NoError(t, err)
		object, err := audit.ParseValue("{" + jsonText(payload) + ":" + jsonText(payload) + "}")
		require.NoError(t, err)
		long, err := audit.ParseValue(jsonText("a long text that stays as it was, but for this: " + payload))
		require.NoError(t, err)
		other, err := audit.ParseValue(jsonText("a long text that stays as it was, but for this: nothing"))
		require.NoError(t, err)
		mark, err := audit.ParseValue(`{"$audit":"cut","bytes":9,"start":` + jsonText(payload) + `}`)
		require.NoError(t, err)
		none, err := audit.ParseValue("[]")
		require.NoError(t, err)

		e := fixture.Entry(fixture.Now.Add(-1), 2*i)
		e.Org, e.Action, e.Object = org, audit.Action(payload), audit.Object{Type: payload, ID: payload}
		e.Actor = audit.Actor{Kind: audit.ActorUser, ID: payload, Email: payload, OnBehalfOf: payload}
		e.Parent, e.RequestID, e.UserAgent, e.Metadata = e.Object, payload, payload, object
		e.Changes = audit.Changes{
			{Field: payload, Old: text, New: mark},
			{Field: payload, Old: none, New: list},
			{Field: payload, Old: other, New: long},
			{Field: payload, New: object},
		}
		plain := fixture.Entry(fixture.Now.Add(-1), 2*i+1)
		plain.Org, plain.Comment, plain.Object.Type = org, payload, fmt.Sprintf("labelled_%d", i)
		plain.Actor = audit.Actor{Kind: audit.ActorAPIKey, ID: payload}
		labels[plain.Object.Type] = payload
		entries = append(entries, e, plain)
	}
	b := openWith(t, look{1440, "light", true}, httpui.Options{
		Org:     func(*http.Request) string { return org },
		Objects: httpui.Objects{Labels: labels},
	}, entries...)
	filter := "&action=" + template.URLQueryEscaper(payloads[0]) + "&user=" + template.URLQueryEscaper(payloads[1])
	for _, query := range []string{
		"?per_page=200", "?sort=changes&per_page=100", "?draft=add%3Duser%26add%3Dobject_type%26add%3Daction", "?range=all" + filter,
		"?range=15m&not_user=" + template.URLQueryEscaper(payloads[2]) + "&record_id=" + template.URLQueryEscaper(payloads[3]),
		"?ip=" + template.URLQueryEscaper(payloads[0]) + "&tz=" + template.URLQueryEscaper(payloads[1]) + "&from=" + template.URLQueryEscaper(payloads[2]),
	} {
		b.visit(query)
		b.run(chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('.audit details').forEach(d => { d.open = true })"))
		if query == "?per_page=200" {
			assert.Len(t, b.ids(), len(entries))
		}
		assert.Empty(t, eval[[]string](b, `[...document.querySelectorAll('.audit :is(img, script:not([src]), math, iframe, object, embed, style, meta, base, link, video, audio, template, textarea, marquee), .audit td :is(form, input, body, title), :is(.audit-side, .audit-bar, .audit-chips, .audit-scroll, .audit-notice) svg')].map(e => e.outerHTML.slice(0, 80))`), query)
		assert.Empty(t, eval[[]string](b, `[...document.querySelectorAll('.audit *')].filter(e => [...e.attributes].some(a => a.name.startsWith('on') || a.name == 'style' || a.name == 'srcdoc') || /^\s*(javascript|data):/i.test(e.getAttribute('href') ?? '')).map(e => e.outerHTML.slice(0, 80))`), query)
		assert.Empty(t, eval[[]string](b, unseen), query)
		assert.Equal(t, 7, eval[int](b, "Math.max(7, ...[...document.querySelectorAll('#audit-log tr')].map(r => r.cells.length))"), query)
	}
}

// unseen lists texts and labels with characters that cannot be seen, or that
// rearrange others.
const unseen = `(() => {
	const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u{e0000}-\u{e01ef}]/u;
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) if (hidden.test(walker.currentNode.data)) found.push(walker.currentNode.data.slice(0, 60));
	for (const e of document.querySelectorAll('.audit [aria-label], .audit [title]')) if (hidden.test((e.ariaLabel ?? '') + e.title)) found.push(e.outerHTML.slice(0, 80));
	return found;
})()`

// The other tests rely on the trap to notice a script that runs.
func TestTheTrapForScriptsWorks(t *testing.T) {
	t.Parallel()
	b := open(t, look{1440, "light", true}, fixture.Showcase()...)
	b.run(chromedp.Evaluate[chromedp.Void](`document.body.insertAdjacentHTML('beforeend', '<p style="color: red" onclick="alert(1)">x</p>')`))
	b.run(chromedp.Evaluate[chromedp.Void](`new Promise(done => setTimeout(done, 100))`, chromedp.EvalAwaitPromise))
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(t, b.problems)
	assert.Contains(t, strings.Join(b.problems, " "), "Content Security Policy")
	b.problems = nil
}

// hostStyles are those of a host whose page the log stands in, written for its
// own pages, by element and with no thought for ours.
const hostStyles = `
* { margin: 0; padding: 0; box-sizing: content-box; }
body { font: 20px/2 serif; color: #222; background: #fff; text-align: center; }
table { display: block; border-spacing: 12px; table-layout: fixed; }
thead, tbody { display: block; }
td, th { float: left; text-align: right; vertical-align: bottom; }
a { color: #7a0000; text-decoration: none; border-bottom: 1px dotted; }
button { text-transform: uppercase !important; letter-spacing: 2px !important; background: #ddd !important; color: #000 !important; }
input, select { width: 100%; }
label { display: block; font-weight: bold; }
ul, ol { list-style: square inside; }
h1 { font-size: 4em; }
details { border: 3px solid; }
summary { display: inline; }
form { border: 2px dashed; }
`

// The host's own styles win, and the log's styles change nothing of the host's.
func TestPageWorksWithinAHostsPage(t *testing.T) {
	t.Parallel()
	chrome := template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><title>{{.Title}}</title><link rel="stylesheet" href="/host.css">{{.Head}}</head>
<body><nav aria-label="Host"><a id="host-link" href="/x">API Keys</a></nav><table id="host-table"><tr><td>host</td></tr></table><button id="host-button">Host</button><main>{{.Body}}</main></body></html>`))
	bare := template.Must(template.New("").Parse(strings.ReplaceAll(chrome.Tree.Root.String(), "{{.Head}}", "")))
	layout := func(tmpl *template.Template) httpui.Options {
		return httpui.Options{Look: httpui.Look{Layout: func(w io.Writer, _ *http.Request, page httpui.Page) error { return tmpl.Execute(w, page) }}}
	}
	entries := fixture.Many(120, fixture.Now)
	l := look{1440, "light", true}
	b := openWith(t, l, layout(chrome), entries...)
	const styles = `['host-link', 'host-table', 'host-button'].map(id => [...getComputedStyle(document.getElementById(id))].map(p => p + ':' + getComputedStyle(document.getElementById(id))[p]).filter(p => !/^(width|height|inline-size|block-size|perspective-origin|transform-origin)/.test(p)).join(';')).concat(getComputedStyle(document.body).font, getComputedStyle(document.body).backgroundColor)`
	without := openWith(t, l, layout(bare), entries...)
	assert.Equal(t, eval[[]string](without, styles), eval[[]string](b, styles), "the host's own elements")

	nodes, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(t, err)
	roles := map[string]int{}
	for _, node := range nodes.Nodes {
		if node.Role != nil {
			roles[string(node.Role.Value)]++
		}
	}
	assert.Equal(t, 7, roles[`"columnheader"`], "a table for those who do not see it, whatever is displayed")
	assert.GreaterOrEqual(t, roles[`"cell"`], 350)

	b.click(".audit-add > summary")
	b.follow(`button[value="add:action"]`)
	b.click("input[name=action][value=update]")
	b.follow(".audit-primary")
	assert.Equal(t, []string{"update"}, b.query()["action"])
	b.link("Next")
	assert.Equal(t, "2", b.query().Get("page"))
	assert.Empty(t, eval[[]string](b, unnamed))
}
