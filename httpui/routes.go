package httpui

import (
	"net/http"
	"strings"
)

// screen answers a GET or HEAD request. What it returns is shown by fail, so
// it writes nothing before it is sure to succeed.
type screen func(h *Handler, w http.ResponseWriter, r *request) error

// screens are by their path below the base; a star stands for one segment.
var screens = []struct {
	path string
	show screen
}{
	{"/", (*Handler).list},
	{"/entries.json", (*Handler).entriesJSON},
	{"/entries/*", (*Handler).entry},
	{"/objects/*/*", (*Handler).object},
	{"/assets/*", (*Handler).asset},
}

// route finds the screen for an escaped path below the base and tells the
// request what stood for the stars. It returns nil where there is none.
func route(r *request, path string) screen {
	given := strings.Split(path, "/")
	for _, s := range screens {
		if args, ok := matchPath(strings.Split(s.path, "/"), given); ok {
			r.args = args
			return s.show
		}
	}
	return nil
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
