package httpui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/auditkeep/audit/export"
)

// screen answers a request. What it returns is shown by fail, so
// it writes nothing before it is sure to succeed.
type screen func(h *Handler, w http.ResponseWriter, r *request) error

// screens are by their path below the base; a star stands for one segment.
var screens = []struct {
	method string // GET stands for HEAD too
	path   string
	show   screen
}{
	{http.MethodGet, "/", inTime((*Handler).list)},
	{http.MethodGet, "/entries.json", inTime((*Handler).entriesJSON)},
	{http.MethodGet, "/entries/*", inTime((*Handler).entry)},
	{http.MethodGet, "/objects/*/*", inTime((*Handler).object)},
	{http.MethodGet, "/export.csv", exportAs(export.CSV)},
	{http.MethodGet, "/export.xlsx", exportAs(export.Excel)},
	{http.MethodGet, "/export.pdf", exportAs(export.PDF)},
	{http.MethodGet, "/export.jsonl", exportAs(export.JSONLines)},
	{http.MethodGet, "/exports/*", (*Handler).exportProgress},
	{http.MethodDelete, "/exports/*", (*Handler).cancelExport},
	{http.MethodGet, "/assets/*", (*Handler).asset},
}

// inTime stops a screen that takes longer than the host allows.
func inTime(show screen) screen {
	return func(h *Handler, w http.ResponseWriter, r *request) error {
		whole := r.Request
		ctx, cancel := context.WithTimeout(whole.Context(), h.options.Timeout)
		defer cancel()
		r.Request = whole.WithContext(ctx)
		err := show(h, w, r)
		r.Request = whole
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			// Drivers have their own names for it.
			return fmt.Errorf("taking more than %v: %w: %w", h.options.Timeout, context.DeadlineExceeded, err)
		}
		return err
	}
}

// route finds the screen for an escaped path below the base and gives the
// request what stood for the stars. Without one, it returns the methods that
// the path does have.
func route(r *request, path string) (show screen, allowed []string) {
	given := strings.Split(path, "/")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, s := range screens {
		args, ok := matchPath(strings.Split(s.path, "/"), given)
		switch {
		case ok && s.method == method:
			r.args = args
			return s.show, nil
		case ok && s.method == http.MethodGet:
			allowed = append(allowed, http.MethodGet, http.MethodHead)
		case ok:
			allowed = append(allowed, s.method)
		}
	}
	return nil, allowed
}

// rootFrom leads from a path below the base up to the base.
func rootFrom(path string) string {
	if depth := strings.Count(path, "/") - 1; depth > 0 {
		return strings.Repeat("../", depth)
	}
	return "./"
}

// matchPath compares escaped segments, so that an ID may hold a slash (%2F).
func matchPath(pattern, given []string) (args []string, ok bool) {
	if len(pattern) != len(given) {
		return nil, false
	}
	for i, want := range pattern {
		if want != "*" {
			if want != given[i] {
				return nil, false
			}
			continue
		}
		arg, err := parseSegment(given[i])
		if err != nil || given[i] == "" {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}
