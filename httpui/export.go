package httpui

import (
	"context"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// retryAfter is how many seconds a client should wait that found no room.
const retryAfter = 10

// exportAs serves {base}/export.csv and its like: the page's query as a file.
func exportAs(format export.Format) screen {
	return func(h *Handler, w http.ResponseWriter, r *request) error {
		if !slices.Contains(h.options.Exports.Formats, format) {
			return &failure{status: http.StatusNotFound, public: h.options.Words.Refusal.NotFound}
		}
		if h.isCrossOrigin(r.Request) {
			redirect(w, "./"+query(r.URL.Query()))
			return nil
		}
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return h.refuse(w, r, url.Values{}, url.Values{}, problems{"query": {h.options.Words.Problem.BadQuery}})
		}
		v, wrong := h.urls.parseView(only(values, exportParams), h.options.Now())
		if len(wrong) > 0 {
			return h.refuse(w, r, without(v.params, wrong), v.params, wrong)
		}
		key := values.Get(paramProgress)
		if key != "" && !isProgressKey(key) {
			return &failure{status: http.StatusBadRequest, public: h.options.Words.Problem.BadQuery}
		}
		separator, ok := h.options.Exports.separatorOf(values.Get(paramSeparator))
		if !ok {
			return &failure{status: http.StatusBadRequest, public: h.options.Words.Problem.BadSeparator}
		}
		if v, err = h.read.pin(r, v, h.options.Now()); err != nil {
			return err
		}
		if r.Method == http.MethodHead {
			return nil
		}
		return h.export(w, r, format, separator, v, key)
	}
}

// paramSeparator names the separator of CSV: comma, semicolon or tab.
const paramSeparator = "separator"

// exportParams are those of the page, without the place in it.
var exportParams = slices.Concat(filterParams, []string{"sort", "dir", "asof"})

// export makes the file and sends it.
func (h *Handler) export(w http.ResponseWriter, r *request, format export.Format, separator rune, v view, key string) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	run, ok := h.exports.begin(r.org, key, cancel)
	if !ok {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		return &failure{status: http.StatusTooManyRequests, public: h.options.Words.Count(h.options.Words.Export.TooMany, retryAfter)}
	}
	defer h.exports.end(run)
	err := h.sendExport(ctx, w, r, format, separator, v, run)
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		// The reader cancelled it before anything was sent, and stays on the page.
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return err
}

// sendExport sends the file. It returns an error only if nothing was sent.
func (h *Handler) sendExport(ctx context.Context, w http.ResponseWriter, r *request, format export.Format, separator rune, v view, run *exportRun) error {
	most := h.options.Exports.MaxRows[format]
	matching, err := h.trail.Count(ctx, v.filter, most+1)
	if err != nil {
		return err
	}
	if format == export.PDF && matching > export.MaxPDFRows {
		format = export.PDFParts
	}
	run.expect(min(matching, most))
	report := h.report(ctx, v)
	report.MaxRows, report.Progress, report.Separator = most, run.tell, separator
	if matching <= most {
		report.Matching = matching
	}
	// What goes wrong before the first entry can still be shown on a page.
	entries, stop := started(h.trail.All(ctx, v.filter, v.sort))
	defer stop()
	if entries.err != nil {
		return entries.err
	}
	if err := h.recordExport(ctx, report, format, min(matching, most)); err != nil {
		return err
	}
	file := newDownload(w, report.FileName(format), format.ContentType())
	defer file.close()
	if _, err = format.Write(file, entries.all, report); err == nil {
		run.done()
		return nil
	}
	if !file.begun {
		return err
	}
	// What was sent is not the whole. Only a broken connection shows that.
	if r.Context().Err() == nil && ctx.Err() == nil {
		h.options.OnError(r.Request, err)
	}
	panic(http.ErrAbortHandler)
}

// report is what the file says about itself.
func (h *Handler) report(ctx context.Context, v view) export.Report {
	report := export.Report{
		Title: h.options.Look.Title, Filter: v.filter, Sort: v.sort, Zone: v.zone,
		Labels: h.options.Objects.Labels, Words: h.options.Words,
		GeneratedAt: h.options.Now(), Font: h.options.Exports.Font,
	}
	// Only the log itself knows all ways to find who acts.
	if prepared, err := h.trail.Prepare(ctx, exportEvent(export.CSV).WithComment("asking who")); err == nil {
		report.GeneratedBy = prepared[0].Actor.Email
	}
	return report
}

// actionExport is what the log says of exports themselves.
const actionExport audit.Action = "export"

// exportEvent is of the log as a whole; its ID is the format, so that the
// object's history is that of all exports of the kind.
func exportEvent(format export.Format) audit.Event {
	return audit.Performed(actionExport, audit.Object{Type: "audit_log", ID: string(format)})
}

// recordExport leaves an entry that says who exported what, before the first
// byte leaves: no file is ever handed out that the log does not know of.
func (h *Handler) recordExport(ctx context.Context, report export.Report, format export.Format, rows int) error {
	if h.options.Exports.Unrecorded {
		return nil
	}
	s := h.options.Words
	event := exportEvent(format).
		WithComment(s.Count(s.Export.Of, rows, "format", s.Export.Formats[string(format)])).
		WithMetadata(map[string]any{
			"file": report.FileName(format), "rows": rows,
			"filter": URLValues(report.Filter).Encode(),
			"sort":   string(report.Sort.By), "dir": string(report.Sort.Dir),
		})
	if err := h.trail.RecordDetached(ctx, event); err != nil {
		return fmt.Errorf("recording an export: %w", err)
	}
	return nil
}

// startedEntries are entries of which the first has been read already.
type startedEntries struct {
	all iter.Seq2[audit.Entry, error]
	err error // of the first
}

// started reads the first entry. The caller must call stop.
func started(entries iter.Seq2[audit.Entry, error]) (out startedEntries, stop func()) {
	next, stop := iter.Pull2(entries)
	first, err, any := next()
	out.err = err
	out.all = func(yield func(audit.Entry, error) bool) {
		for e, err, ok := first, err, any; ok; e, err, ok = next() {
			if !yield(e, err) {
				return
			}
		}
	}
	return out, stop
}

// attachment is the header that makes a browser save a file.
func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
